/** `bootrelay completion SHELL`: the script with which a shell asks bootrelay what fits. */
import yargs from 'yargs';
import type { CommandResult } from './result.ts';

export interface CompletionArguments {
  readonly shell: 'bash' | 'zsh' | 'fish';
}

/** yargs has no fish; asked as from zsh, it answers WORD:DESCRIPTION. Files are fish's own. */
const fish = String.raw`# fish completion for bootrelay: ~/.config/fish/completions/bootrelay.fish
function __bootrelay_complete
    set -lx SHELL zsh
    bootrelay --get-yargs-completions (commandline -opc) (commandline -ct) |
        string replace --regex '(?<!\\\\):' \t | string replace --all '\\:' ':'
end
complete --command bootrelay --arguments '(__bootrelay_complete)'
`;

export async function completion({ shell }: CompletionArguments): Promise<CommandResult> {
  const text = shell === 'fish' ? fish : scriptOfYargs(shell);
  return { exitCode: 0, text, json: { command: 'completion', shell, text }, findings: [] };
}

/** yargs prints its script, and looks at $SHELL for which. */
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
    process.env.SHELL = SHELL;
  }
  // Its words on how to install it leave the shell out.
  return lines.join('\n').replaceAll('bootrelay completion >>', `bootrelay completion ${shell} >>`);
}
