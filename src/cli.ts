#!/usr/bin/env node
/** argv -> a lazily imported command -> an exit code. */
import yargs, { type Argv } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { type Command, usageOf } from './command.ts';
import { commands } from './command-line.ts';
import { EndingError, type ExitCode } from './errors.ts';
import type { CommandResult } from './host/result.ts';
import { bootrelayVersion } from './package.ts';

/** Runs a command and prints its result; errors that a user can act on become messages and exit codes. */
async function finish(result: Promise<CommandResult>, asJson: boolean): Promise<void> {
  try {
    const ended = await result;
    const { printResult } = await import('./host/result.ts');
    process.exitCode = printResult(ended, asJson);
  } catch (error) {
    process.exitCode = reportError(error);
  }
}

function reportError(error: unknown): ExitCode {
  // A file that is not there or cannot be written: the system's own words name it.
  const ofSystem = error instanceof Error && 'syscall' in error && 'code' in error;
  if (!ofSystem && !(error instanceof EndingError)) throw error;
  process.stderr.write(`bootrelay: ${error.message}\n`);
  return error instanceof EndingError ? error.exitCode : 2;
}

/** An option that takes one value and is given several times has the last of them, as a script with defaults wants it. */
function onceEach({ options }: Command) {
  const single = Object.keys(options).filter((name) => !options[name]?.array);
  return Object.fromEntries(single.map((name) => [name, (value: unknown) => [value].flat().at(-1)]));
}

/** One command under one name; `describe` is false for a name that no help shows. */
function register(parser: Argv, command: Command, name: string, describe: string | false): Argv {
  return parser.command({
    command: usageOf({ ...command, name }),
    describe,
    builder: (own) => {
      for (const [name, options] of Object.entries(command.positionals))
        own.positional(name, options as object);
      return own.options(command.options).coerce(onceEach(command));
    },
    handler: (args) => finish(command.run(args as never), args.json === true),
  });
}

// What is written has the same modes whoever writes it: what others must not read says so itself.
process.umask(0o022);

// `bootrelay ... | head` closes the pipe early: that is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

/** Names that only bootrelay knows, where a shell asks for them; yargs answers from the table otherwise. */
async function completeNames(): Promise<boolean> {
  const asked = process.argv.indexOf('--get-yargs-completions');
  if (asked < 0) return false;
  const { printNames } = await import('./commands/completion.ts');
  return printNames(process.argv.slice(asked + 1), commands);
}

async function parse(): Promise<void> {
  const parser = yargs(hideBin(process.argv))
    .scriptName('bootrelay')
    .version(bootrelayVersion())
    .usage('$0 COMMAND\n\nFrom one INI file per platform to a booted two-stage machine.');
  for (const command of commands) {
    register(parser, command, command.name, command.describe);
    for (const name of command.oldNames ?? []) register(parser, command, name, false);
  }
  await parser
    .demandCommand(1, 'Name a command.')
    .recommendCommands()
    .strict()
    .wrap(100)
    .fail((message, error) => {
      if (error) throw error;
      const command = commands.find(({ name }) => name === process.argv[2]);
      const help = `bootrelay ${command ? `${command.name} ` : ''}--help`;
      process.stderr.write(`bootrelay: ${message}\n${help} says more.\n`);
      process.exit(2);
    })
    .parseAsync();
}

/** Everything that is to be done, without an await of the module itself: a single executable is no module. */
async function main(): Promise<void> {
  if (!(await completeNames())) await parse();
}

void main();
