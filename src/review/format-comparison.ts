/** Comparisons as text for a terminal, and as Markdown for a change's page: short first, details below. */

import { type Finding, formatFinding } from '../findings.ts';
import { formatBytes } from '../text/bytes.ts';
import { escapeMarkdown, fenceFor, markdownCode } from '../text/markdown.ts';
import type { Comparison } from './compare.ts';
import type { DriverChange, FileChange } from './compare-files.ts';
import type { PackageChange } from './compare-packages.ts';
import type { StepChange } from './compare-steps.ts';
import type { TextChange } from './compare-texts.ts';
import { nameOf, type Part, type Summary, summarize } from './summary.ts';

/** What a comparison of several platforms says besides the comparisons themselves. */
export interface Others {
  /** Platforms that boot as before, byte for byte. */
  readonly identical: readonly string[];
  /** Platforms that boot as before, with other origins in comments. */
  readonly moved: readonly string[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Platforms that have errors now. */
  readonly failed: readonly FailedPlatform[];
  /** Platforms that had errors before, and have none now. */
  readonly repaired: readonly string[];
}

export interface FailedPlatform {
  readonly name: string;
  readonly findings: readonly Finding[];
}

export const noOthers: Others = {
  identical: [],
  moved: [],
  added: [],
  removed: [],
  failed: [],
  repaired: [],
};

/** Platforms whose comparisons say the same: it is printed once, with all their names. */
interface Group {
  readonly names: readonly string[];
  readonly comparison: Comparison;
}

function groupsOf(comparisons: readonly Comparison[]): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const comparison of comparisons) {
    const { old: _, new: __, platform: ___, ...changes } = comparison;
    const key = JSON.stringify(changes);
    const names = [...(groups.get(key)?.names ?? []), nameOf(comparison)];
    groups.set(key, { names, comparison: groups.get(key)?.comparison ?? comparison });
  }
  return [...groups.values()];
}

/** For a terminal: first what is said of all, then each platform. */
export function formatText(comparisons: readonly Comparison[], others: Others): string {
  const all = overview(comparisons, others).map((line) => `${plain(line)}\n`);
  return [...(all.length > 0 ? [all.join('')] : []), ...groupsOf(comparisons).map(textOf)].join('\n');
}

/** Of several platforms: which differ, and what is said of the others. */
function overview(comparisons: readonly Comparison[], others: Others): readonly (readonly Part[])[] {
  const rest = otherLines(others);
  const count = comparisons.length + Object.values(others).flat().length;
  if (comparisons.length === 0 || count === 1) return rest;
  const names = listNames(comparisons.map(nameOf));
  return [[`${comparisons.length} of ${count} platforms differ: `, ...names], ...rest];
}

function textOf({ comparison, names }: Group): string {
  const { title, points } = summarize(comparison, names);
  return [
    title,
    ...points.map(({ warns, parts }) => `  ${warns ? '!' : ' '} ${plain(parts)}`),
    ...section('steps', comparison.steps.flatMap(stepLines)),
    ...section('drivers', comparison.drivers.map(driverLine)),
    ...section('packages', comparison.packages.map(packageLine)),
    ...section('files', comparison.files.map(fileLine)),
    ...comparison.texts.flatMap(({ path, patch }) => section(path, patch.trimEnd().split('\n'))),
    '',
  ].join('\n');
}

function plain(parts: readonly Part[]): string {
  return parts.map((part) => (typeof part === 'string' ? part : part.name)).join('');
}

function markdownPart(part: Part): string {
  return typeof part === 'string' ? escapeMarkdown(part) : markdownCode(part.name);
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', `  ${title}`, ...lines.map((line) => `    ${line}`)];
}

function stepLines({ step, change, gone, come }: StepChange): readonly string[] {
  return [
    `${step}${change === 'changed' ? '' : ` (${change})`}`,
    ...gone.map((line) => `- ${line}`),
    ...come.map((line) => `+ ${line}`),
  ];
}

const signs = { added: '+', removed: '-', changed: '~' } as const;

function fileLine({ path, part, change, oldSize, newSize, attributes }: FileChange): string {
  const sizes =
    change === 'changed' && oldSize !== newSize
      ? `${formatBytes(oldSize)} -> ${formatBytes(newSize)}`
      : formatBytes(Math.max(oldSize, newSize));
  return [`${signs[change]} ${path}`, part, sizes, ...attributes].join('  ');
}

function packageLine({ name, change, old, new: fresh }: PackageChange): string {
  const sign = { added: '+', gone: '-', updated: '~' }[change];
  return `${sign} ${name}  ${[old, fresh].filter((version) => version !== undefined).join(' -> ')}`;
}

/** How many patterns of a driver are shown at most: some drivers have hundreds. */
const mostPatterns = 4;

function driverLine({ module, change, devices }: DriverChange): string {
  const more = devices.length > mostPatterns ? ` and ${devices.length - mostPatterns} more` : '';
  return `${change === 'lost' ? '-' : '+'} ${module}  ${devices.slice(0, mostPatterns).join(' ')}${more}`;
}

/** For the page of a change; details are folded. */
export function formatMarkdown(comparisons: readonly Comparison[], others: Others): string {
  const all = overview(comparisons, others).map((line) => `- ${line.map(markdownPart).join('')}`);
  const nothing = comparisons.length + all.length === 0 ? ['Nothing to compare.'] : [];
  const head = all.length > 0 && comparisons.length > 0 ? [...all, ''] : all;
  return `${[...head, ...groupsOf(comparisons).map(markdownOf), ...nothing].join('\n')}\n`;
}

function markdownOf({ comparison, names }: Group): string {
  const summary: Summary = summarize(comparison, names);
  return [
    `### ${escapeMarkdown(summary.title)}`,
    '',
    ...summary.points.map(
      ({ warns, parts }) => `- ${warns ? ':warning: ' : ''}${parts.map(markdownPart).join('')}`,
    ),
    ...(summary.points.length > 0 ? [''] : []),
    ...folded('Steps of the boot', comparison.steps.flatMap(stepLines)),
    ...folded('Drivers', comparison.drivers.map(driverLine)),
    ...folded('Packages', comparison.packages.map(packageLine)),
    ...folded('Files', comparison.files.map(fileLine)),
    ...folded('Rendered text', comparison.texts.flatMap(textLines)),
  ].join('\n');
}

function textLines({ path, change, patch }: TextChange): readonly string[] {
  return [`${signs[change]} ${path}`, ...patch.trimEnd().split('\n')];
}

function folded(title: string, lines: readonly string[]): readonly string[] {
  if (lines.length === 0) return [];
  const fence = fenceFor(lines.join('\n'), 3);
  return [
    '<details>',
    `<summary>${title}</summary>`,
    '',
    `${fence}diff`,
    ...lines,
    fence,
    '',
    '</details>',
    '',
  ];
}

function listNames(list: readonly string[]): readonly Part[] {
  return list.flatMap((name, index) => (index === 0 ? [{ name }] : [', ', { name }]));
}

function otherLines({
  identical,
  moved,
  added,
  removed,
  repaired,
  failed,
}: Others): readonly (readonly Part[])[] {
  const names = listNames;
  return [
    ...failed.flatMap(({ name, findings }) => [
      ['has errors, and is not compared: ', { name }],
      ...findings.map((item): readonly Part[] => [{ name: formatFinding(item).replaceAll(/\n\s*/g, '; ') }]),
    ]),
    ...(added.length > 0 ? [['new: ', ...names(added)]] : []),
    ...(repaired.length > 0 ? [['had errors before, and has none now: ', ...names(repaired)]] : []),
    ...(removed.length > 0 ? [['gone: ', ...names(removed)]] : []),
    ...(moved.length > 0 ? [['boot as before, only origins in comments changed: ', ...names(moved)]] : []),
    ...(identical.length > 0 ? [['boot as before, byte for byte: ', ...names(identical)]] : []),
  ];
}
