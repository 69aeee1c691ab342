/** `bootrelay completion SHELL`: the script with which a shell asks bootrelay what fits. */
import yargs from 'yargs';
import { faults } from '../boot/faults/faults.ts';
import type { Command } from '../command.ts';
import { settingRows } from '../config/settings.ts';
import { shippedNames } from '../config/shipped.ts';
import type { CommandResult } from '../host/result.ts';
import { schemas } from '../json/schemas.ts';
import { reasons } from '../plan/reasons.ts';
import { topicNames } from './help.ts';

export interface CompletionArguments {
  readonly shell: 'bash' | 'zsh' | 'fish';
}

/** yargs' own for fish completes no files. Asked as from zsh, it answers WORD:DESCRIPTION; where words fit, no file does. */
const fish = String.raw`# fish completion for bootrelay: ~/.config/fish/completions/bootrelay.fish
function __bootrelay_complete
    set -lx SHELL zsh
    set -l found (bootrelay --get-yargs-completions (commandline -opc) (commandline -ct) |
        string replace --regex '(?<!\\\\):' \t | string replace --all '\\:' ':')
    string match --quiet --invert -- '-*' $found; or __fish_complete_path (commandline -ct)
    set --query found[1]; and printf '%s\n' $found
end
complete --command bootrelay --no-files --arguments '(__bootrelay_complete)'
`;

/** The script by which a shell completes command lines of bootrelay. */
export async function completion({ shell }: CompletionArguments): Promise<CommandResult> {
  const text = shell === 'fish' ? fish : scriptOfYargs(shell);
  return { exitCode: 0, text, json: { command: 'completion', shell, text }, findings: [] };
}

/** The script of yargs, which only prints it, and which chooses it by $SHELL. */
function scriptOfYargs(shell: string): string {
  const { log } = console;
  const { SHELL } = process.env;
  const lines: string[] = [];
  console.log = (line: string) => lines.push(line);
  process.env.SHELL = shell;
  try {
    yargs().scriptName('bootrelay').showCompletionScript();
  } finally {
    console.log = log;
    if (SHELL === undefined) delete process.env.SHELL;
    else process.env.SHELL = SHELL;
  }
  // The script's words on how to install it do not name the shell.
  return lines.join('\n').replaceAll('bootrelay completion >>', `bootrelay completion ${shell} >>`);
}

/** Prints the names that complete the last of `words`, if they are names that the table of commands does not have. */
export function printNames(words: readonly string[], commands: readonly Command[]): boolean {
  const names = namesFor(words, commands);
  for (const name of names ?? []) process.stdout.write(`${name}\n`);
  return names !== undefined;
}

/** Names that complete the last of `words`, a command line that begins with bootrelay; undefined where the table of commands knows. */
function namesFor(words: readonly string[], commands: readonly Command[]): readonly string[] | undefined {
  const [, command] = words;
  const [before, current = ''] = words.slice(-2);
  if (before === '--fault') return startingWith(current, Object.keys(faults));
  if (before === '--set')
    return startingWith(
      current,
      settingRows.map(({ name }) => `${name}=`),
    );
  if (current.startsWith('-')) return undefined;
  if (command === 'help') return startingWith(current, topicNames(commands));
  if (command === 'reasons') return startingWith(current, Object.keys(reasons));
  if (command === 'schema') return startingWith(current, Object.keys(schemas));
  if (command === 'platforms')
    return startingWith(
      current,
      shippedNames().map((name) => name.replace(/^.*:/, '')),
    );
  return undefined;
}

function startingWith(start: string, names: readonly string[]): readonly string[] {
  return [...new Set(names)].filter((name) => name.startsWith(start));
}
