/** `bootrelay help TOPIC`: a command, a kind of finding, a reason for which a boot stops, a step, a setting, a section or a fault, whichever has the name. */
import { faults } from '../boot/faults/faults.ts';
import { formatEnding } from '../boot/faults/verdict.ts';
import { type Command, usageOf } from '../command.ts';
import { settingRows } from '../config/settings.ts';
import { UsageError } from '../errors.ts';
import type { CommandResult } from '../host/result.ts';
import { reasons } from '../plan/reasons.ts';
import { steps } from '../plan/steps.ts';
import { didYouMean } from '../text/suggestions.ts';
import { findingPages, formatFindingPage } from './findings.ts';
import { formatReasonPage } from './reasons.ts';
import { formatSetting } from './settings.ts';
import { formatStepPage } from './steps.ts';

interface Topic {
  readonly name: string;
  readonly page: () => string;
}

const topics = (commands: readonly Command[]): readonly Topic[] => [
  ...findingPages.map((page) => ({ name: page.kind, page: () => formatFindingPage(page) })),
  ...Object.entries(reasons).map(([name, words]) => ({ name, page: () => formatReasonPage(name, words) })),
  ...steps.map(({ name, summary }) => ({ name, page: () => formatStepPage(name, summary) })),
  ...settingRows.map((row) => ({ name: row.name, page: () => formatSetting(row) })),
  ...Object.entries(faults).map(([name, { what, expected }]) => ({
    name,
    page: () => `## ${name}\n\nA fault of \`boot --fault\`: ${what}.\n\nEnds: ${formatEnding(expected)}.\n`,
  })),
  ...commands.map((command) => ({ name: command.name, page: () => formatCommand(command) })),
  ...[...new Set(settingRows.map(({ section }) => section))].map((section) => ({
    name: section,
    page: () => formatSection(section),
  })),
];

/** The names of everything that there is help for; `commands` is the table of commands. */
export function topicNames(commands: readonly Command[]): readonly string[] {
  return topics(commands).map(({ name }) => name);
}

function formatCommand(command: Command): string {
  const { describe, positionals, options } = command;
  const rows = [
    ...Object.entries(positionals),
    ...Object.entries(options).map(([name, row]) => [`--${name}`, row] as const),
  ];
  const lines = rows.map(([name, row]) => `- \`${name}\`: ${row.describe}\n`).join('');
  return `## bootrelay ${usageOf(command)}\n\n${describe}.\n\n${lines}`;
}

function formatSection(section: string): string {
  const rows = settingRows.filter((row) => row.section === section);
  return `## [${section}]\n\n${rows.map(({ key, name }) => `- \`${key}=\`: \`bootrelay help ${name}\`\n`).join('')}`;
}

/** The pages of that name; UsageError where there is none. `commands` is the table of commands. */
export async function help(
  { topic }: { readonly topic: string },
  commands: readonly Command[],
): Promise<CommandResult> {
  const current = commands.find(({ oldNames = [] }) => oldNames.includes(topic))?.name ?? topic;
  const found = topics(commands).filter(({ name }) => name === current);
  if (found.length === 0) {
    const hint = didYouMean(topic, topicNames(commands));
    const where = 'findings, reasons, steps, settings and faults list what there is';
    throw new UsageError(`there is no help for ${topic}; ${hint ?? where}`);
  }
  const text = found.map(({ page }) => page()).join('\n');
  return { exitCode: 0, text, json: { command: 'help', topic, text }, findings: [] };
}
