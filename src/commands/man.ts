/** `bootrelay man`: the man page, from the same table as --help (man-pages(7), groff_man(7)). */
import type { Options } from 'yargs';
import { type Command, usageOf } from '../command.ts';
import { exitCodes } from '../errors.ts';
import type { CommandResult } from '../host/result.ts';
import { bootrelayVersion } from '../package.ts';

/** The page; `commands` is the table of commands. */
export async function man(commands: readonly Command[]): Promise<CommandResult> {
  const text = formatManPage(bootrelayVersion(), commands);
  return { exitCode: 0, text, json: { command: 'man', text }, findings: [] };
}

function formatManPage(version: string, commands: readonly Command[]): string {
  return [
    // No date: the same source gives the same page.
    `.TH BOOTRELAY 1 "" "bootrelay ${version}"`,
    '.SH NAME',
    'bootrelay \\- boot\\-stage generator: minimal initrds that hand over to a full initrd in /usr',
    '.SH SYNOPSIS',
    '.B bootrelay',
    '.I COMMAND',
    '.RI [ OPTION ]...',
    '.SH DESCRIPTION',
    escapeRoff(
      'From one INI file per platform bootrelay renders the logic of a minimal initrd, as a shell script or as systemd units: it sets dm-verity up over /usr, mounts it, loop-mounts the full initrd from an image inside it, and switches to that. It builds, boots and reviews what it rendered.',
    ),
    '.SH COMMANDS',
    ...commands.flatMap(commandLines),
    '.SH EXIT STATUS',
    ...Object.entries(exitCodes).flatMap(([code, meaning]) => [
      '.TP',
      `.B ${code}`,
      escapeRoff(`${meaning.replaceAll('`', '')}.`),
    ]),
    '.SH ENVIRONMENT',
    '.TP',
    '.B BOOTRELAY_TOOLS_TREE',
    'a directory with programs that are used instead of those of this machine, such as a newer mkfs.erofs.',
    '.TP',
    '.B NO_COLOR',
    'no colours.',
    '.SH FILES',
    escapeRoff(
      'Settings are in NAME.ini, in the files that it names with Extends=, and in NAME.ini.d/*.conf. `bootrelay settings` prints all of them.',
    ),
    '.SH SEE ALSO',
    '.BR systemd.syntax (7),',
    '.BR veritysetup (8),',
    '.BR dracut (8),',
    '.BR switch_root (8)',
    '',
  ].join('\n');
}

function commandLines(command: Command): readonly string[] {
  const { describe, positionals, options } = command;
  return [
    `.SS bootrelay ${escapeRoff(usageOf(command))}`,
    escapeRoff(`${describe}.`),
    ...Object.entries(positionals).flatMap(([name, row]) => optionLines(`\\fI${escapeRoff(name)}\\fR`, row)),
    ...Object.entries(options).flatMap(([name, row]) => optionLines(optionName(name, row), row)),
  ];
}

function optionName(name: string, { alias, type, choices }: Options): string {
  const value =
    type === 'boolean'
      ? ''
      : ` \\fI${choices ? escapeRoff(choices.join('|')) : type === 'number' ? 'N' : 'VALUE'}\\fR`;
  const short = alias === undefined ? '' : `\\fB\\-${alias}\\fR, `;
  return `${short}\\fB\\-\\-${escapeRoff(name)}\\fR${value}`;
}

function optionLines(
  head: string,
  { describe = '', default: usual, demandOption }: Options,
): readonly string[] {
  const facts = [
    ...(demandOption ? ['required'] : []),
    ...(typeof usual === 'string' && usual !== '' ? [`default: ${usual}`] : []),
    ...(typeof usual === 'number' ? [`default: ${usual}`] : []),
  ];
  return ['.TP', head, escapeRoff(`${describe}${facts.length > 0 ? ` (${facts.join(', ')})` : ''}.`)];
}

/** Dashes are minus signs, and a line never begins with a request. */
function escapeRoff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll(/^(?=[.'])/gm, '\\&');
}
