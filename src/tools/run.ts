/** Runs an external program and waits for it. A failure shows a line to paste into a shell and the program's last words. */
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { execa, type ResultPromise } from 'execa';
import { FailedToolError, ToolError } from '../errors.ts';
import { quoteShell } from '../text/quote.ts';
import { environmentOf } from './environment.ts';
import { type Executable, findProgram, type ProgramName, programs } from './programs.ts';

/** A command as data: the program and its arguments. */
export interface Command {
  readonly program: ProgramName;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface RunOptions {
  /** Directory to run in; by default the current one. */
  readonly cwd?: string;
  /** File that becomes standard input. */
  readonly inputFile?: string;
  /** Only these bytes of that file; `end` is the first byte that is not read. */
  readonly inputRange?: { readonly start: number; readonly end: number };
  /** An open file that becomes standard input, from where it was read up to. */
  readonly inputDescriptor?: number;
  /** A stream that becomes standard input. */
  readonly inputStream?: Readable;
  /** Text that becomes standard input. */
  readonly input?: string;
  /** The file that standard output is written to, instead of the result. */
  readonly outputFile?: string;
  /** Bytes of output after which the program is ended. */
  readonly outputLimit?: number;
  /** Milliseconds until the program is ended; by default 15 minutes. */
  readonly timeout?: number;
}

const defaultTimeout = 15 * 60_000;

/** Runs one command and gives its standard output. Throws ToolError. */
export async function run(command: Command, options: RunOptions = {}): Promise<string> {
  return runPipeline([command], options);
}

/**
 * Runs commands with each one's output as the next one's input; gives the last one's output.
 * Throws ToolError with the words of each that failed, OutputLimitError.
 */
export async function runPipeline(
  commands: readonly [Command, ...Command[]],
  options: RunOptions = {},
): Promise<string> {
  const started = commands.map((command, index) =>
    start(command, options, index === 0, index === commands.length - 1),
  );
  for (const [index, process] of started.entries()) {
    const next = started[index + 1];
    // The results below tell what failed.
    if (next) process.pipe(next as never).catch(() => undefined);
  }
  endTogether(started);
  const results = await Promise.all(started);
  const limit = results.find(({ cause }) => cause instanceof OutputLimitError)?.cause;
  if (limit) throw limit;
  const failed = results
    .map((result, index) => ({ result, command: commands[index] as Command }))
    .filter(({ result }) => result.failed);
  // A program that ended because another one of the pipeline did is not the cause.
  const causes = failed.filter(({ result }) => result.signal !== 'SIGPIPE' && !endedByUs(result));
  const worth = causes.length > 0 ? causes : failed;
  if (worth.length > 0)
    throw new FailedToolError(
      worth.map(({ result, command }) => describeFailure(command, result)).join('\n'),
      worth.map(({ result }) => wordsOf(result).at(-1) ?? '').join('; '),
    );
  const output = results.at(-1)?.stdout;
  return typeof output === 'string' ? output : '';
}

/** Milliseconds that the rest of a pipeline gets to notice that one command failed. */
const graceMilliseconds = 3000;

/** Ends the rest of a pipeline after one program failed: some would wait for ever, such as mkfs.erofs for the rest of a tar. */
function endTogether(started: readonly Subprocess[]): void {
  for (const process of started) {
    process.then(({ failed }) => {
      if (!failed) return;
      const timer = setTimeout(() => {
        for (const other of started) other.kill('SIGKILL');
      }, graceMilliseconds);
      Promise.all(started).then(() => clearTimeout(timer));
    });
  }
}

function endedByUs(result: Outcome): boolean {
  return result.signal === 'SIGKILL' && !result.timedOut;
}

type Subprocess = ResultPromise<{ reject: false }>;

function start(command: Command, options: RunOptions, first: boolean, last: boolean): Subprocess {
  const { file, prefix } = findProgram(command.program);
  return execa(file, [...prefix, ...command.args], {
    env: { ...environmentOf(command.program), ...command.env },
    extendEnv: false,
    timeout: options.timeout ?? defaultTimeout,
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    reject: false,
    stripFinalNewline: true,
    maxBuffer: 64 * 1024 * 1024,
    ...(first ? firstInput(options) : { stdin: 'pipe' as const }),
    ...lastOutput(options, last),
  }) as unknown as Subprocess;
}

function firstInput({ inputFile, inputRange, inputDescriptor, inputStream, input }: RunOptions) {
  // The types of execa know only the descriptors of this process's own streams.
  if (inputDescriptor !== undefined) return { stdin: inputDescriptor as 0 };
  if (inputStream) return { input: inputStream };
  if (inputFile !== undefined && inputRange) {
    return { input: createReadStream(inputFile, { start: inputRange.start, end: inputRange.end - 1 }) };
  }
  if (inputFile !== undefined) return { inputFile };
  return input === undefined ? { stdin: 'ignore' as const } : { input };
}

function lastOutput({ outputFile, outputLimit }: RunOptions, last: boolean) {
  if (!last) return { stdout: 'pipe' as const, buffer: { stdout: false } };
  if (outputFile === undefined) return {};
  // What goes into a file is of any size and no text: it is not kept in memory.
  const target = { file: outputFile };
  const limited = outputLimit === undefined ? target : [countOutput(outputLimit), target];
  return { stdout: limited as never, buffer: { stdout: false } };
}

/** A program wrote more than was allowed. */
export class OutputLimitError extends Error {
  override readonly name = 'OutputLimitError';
}

/** Passes output on until there is more than `limit` bytes of it. */
function countOutput(limit: number) {
  let size = 0;
  return {
    binary: true,
    *transform(chunk: Uint8Array) {
      size += chunk.length;
      if (size > limit) throw new OutputLimitError(`more than ${limit} bytes`);
      yield chunk;
    },
  };
}

interface Outcome {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly timedOut: boolean;
  readonly stderr?: unknown;
  readonly stdout?: unknown;
}

const lastLines = 15;

function describeFailure(command: Command, outcome: Outcome): string {
  const how = outcome.timedOut
    ? 'did not end in time'
    : outcome.signal
      ? `was ended by ${outcome.signal}`
      : `ended with exit code ${outcome.exitCode}`;
  const tail = wordsOf(outcome).slice(-lastLines);
  return [
    `${command.program} ${how}:`,
    `    ${formatCommand(command)}`,
    ...tail.map((line) => `    | ${line}`),
  ].join('\n');
}

/** What a program said, by lines. */
function wordsOf({ stderr, stdout }: Outcome): readonly string[] {
  const words = [stderr, stdout].find((text) => typeof text === 'string' && text !== '') ?? '';
  return String(words).trimEnd().split('\n');
}

/** The command as one can paste it into a shell. */
export function formatCommand({ program, args, env }: Command): string {
  const variables = Object.entries(env ?? {}).map(([name, value]) => `${name}=${quoteShell(value)}`);
  return [...variables, program, ...args.map(quoteArgument)].join(' ');
}

function quoteArgument(argument: string): string {
  return argument === '' || /\p{Cc}/u.test(argument) ? JSON.stringify(argument) : quoteShell(argument);
}

const versions = new Map<ProgramName, Promise<string>>();

/** The first line that the program prints of its version; it is run only once for that. */
export function versionOf(program: ProgramName): Promise<string> {
  let version = versions.get(program);
  if (!version) {
    version = askVersion(findProgram(program), program);
    versions.set(program, version);
  }
  return version;
}

async function askVersion({ file, prefix }: Executable, program: ProgramName): Promise<string> {
  const { stdout, stderr } = await execa(file, [...prefix, ...programs[program].versionArgs], {
    env: environmentOf(program),
    extendEnv: false,
    reject: false,
    timeout: 10_000,
  });
  const line = `${stdout}\n${stderr}`.split('\n').find((text) => /\d/.test(text)) ?? 'unknown';
  return line.trim().replace(/^.*?(\d+[\w.+~:-]*).*$/s, '$1');
}

/** Throws ToolError where a program is older than `minimum` (dotted numbers). `remedy` says what else helps. */
export async function requireVersion(program: ProgramName, minimum: string, remedy: string): Promise<void> {
  const version = await versionOf(program);
  if (version.localeCompare(minimum, 'en', { numeric: true }) >= 0) return;
  throw new ToolError(`${program} ${version} is too old: ${minimum} or newer is needed; ${remedy}`);
}
