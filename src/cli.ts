#!/usr/bin/env node
/** argv -> a lazily imported command -> an exit code. */
import yargs, { type Argv } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { type Command, commands, usageOf } from './command-line.ts';
import type { CommandResult, ExitCode } from './commands/result.ts';

/** Runs a command and prints its result; errors that a user can act on become messages and exit codes. */
async function finish(result: Promise<CommandResult>, asJson: boolean): Promise<void> {
  const { printResult } = await import('./commands/result.ts');
  try {
    process.exitCode = printResult(await result, asJson);
  } catch (error) {
    process.exitCode = reportError(error);
  }
}

/** Exit codes of errors by name: no import of the modules that throw them. */
const exitCodeByError: Readonly<Record<string, ExitCode>> = { UsageError: 2, ToolError: 3 };

function reportError(error: unknown): ExitCode {
  // A file that is not there or cannot be written: the system's own words name it.
  const system = error instanceof Error && 'syscall' in error && 'code' in error;
  const code = system ? 2 : error instanceof Error ? exitCodeByError[error.name] : undefined;
  if (!(error instanceof Error) || code === undefined) throw error;
  process.stderr.write(`bootrelay: ${error.message}\n`);
  return code;
}

function register(parser: Argv, command: Command): Argv {
  return parser.command(
    usageOf(command),
    command.describe,
    (own) => {
      for (const [name, options] of Object.entries(command.positionals))
        own.positional(name, options as object);
      return own.options(command.options);
    },
    (args) => finish(command.run(args as never), args.json === true),
  );
}

// `bootrelay ... | head` closes the pipe early: that is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

const parser = yargs(hideBin(process.argv))
  .scriptName('bootrelay')
  .usage('$0 COMMAND\n\nFrom one INI file per platform to a booted two-stage machine.');
for (const command of commands) register(parser, command);
await parser
  // A command of this name is not shown; bootrelay has its own, with the shell as an argument.
  .completion('completion-script', false, complete)
  .demandCommand(1, 'Name a command.')
  .recommendCommands()
  .strict()
  .wrap(100)
  .fail((message, error) => {
    if (error) throw error;
    const command = commands.find(({ name }) => name === process.argv[2]);
    process.stderr.write(
      `bootrelay: ${message}\nbootrelay ${command ? `${command.name} ` : ''}--help says more.\n`,
    );
    process.exit(2);
  })
  .parseAsync();

/** What a shell may offer: names that only bootrelay knows, or else what yargs finds in the table. */
function complete(
  _current: string,
  _argv: unknown,
  fallback: () => void,
  done: (words: string[]) => void,
): void {
  const words = process.argv.slice(process.argv.indexOf('--get-yargs-completions') + 1);
  import('./commands/completion.ts').then(({ namesFor }) => {
    const names = namesFor(words);
    if (names) done([...names]);
    else fallback();
  });
}
