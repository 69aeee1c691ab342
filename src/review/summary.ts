/** A comparison in a few sentences: what a reviewer must see first. */
import { formatBytes } from '../build/size-table.ts';
import { type Comparison, isSame } from './compare.ts';
import type { FileChange } from './compare-files.ts';
import type { SideSetting } from './side.ts';

/** A sentence; names in it are between backticks. */
export interface Point {
  /** Something may be worse than before: a reviewer shall look at it. */
  readonly warns: boolean;
  readonly text: string;
}

export interface Summary {
  readonly title: string;
  /** The warnings first. */
  readonly points: readonly Point[];
}

/** `names` are those of all platforms of which the same is to be said. */
export function summarize(comparison: Comparison, names: readonly string[] = [nameOf(comparison)]): Summary {
  const name = names.join(', ');
  if (isSame(comparison)) {
    const how = comparison.moved ? 'boots as before; only line numbers in comments moved' : 'no difference';
    return { title: `${name}: ${how}`, points: [] };
  }
  const points = [
    ...(comparison.platforms ? [twoPlatforms(comparison)] : []),
    ...settingPoints(comparison),
    ...needPoints(comparison),
    ...driverPoints(comparison),
    ...lostPoints(comparison),
    ...sizePoints(comparison),
    ...countPoints(comparison),
  ];
  const sorted = [...points.filter(({ warns }) => warns), ...points.filter(({ warns }) => !warns)];
  return { title: `${name}: ${formatCount(points.filter(({ warns }) => warns).length)}`, points: sorted };
}

function twoPlatforms({ platforms = ['', ''], files }: Comparison): Point {
  const what = files.length > 0 ? 'builds of two platforms' : 'two platforms';
  return { warns: files.length > 0, text: `${what}: \`${platforms[0]}\` and \`${platforms[1]}\`` };
}

export function nameOf({ platform, old, new: fresh }: Comparison): string {
  return platform ?? `${old} and ${fresh}`;
}

function formatCount(warnings: number): string {
  if (warnings === 0) return 'different';
  return `different, ${warnings} thing${warnings === 1 ? '' : 's'} to look at`;
}

/** A setting's value with where it was set. */
export function formatSide({ values, where }: SideSetting): string {
  const value = values.length === 0 ? 'not set' : values.map((text) => `\`${text}\``).join(', ');
  return where === undefined ? value : `${value} (${where})`;
}

function settingPoints({ settings }: Comparison): readonly Point[] {
  return settings.map(({ setting, old, new: fresh, direction }) => ({
    warns: direction === 'looser',
    text: `${direction === undefined ? 'setting' : direction}: \`${setting}\` from ${formatSide(old)} to ${formatSide(fresh)}`,
  }));
}

function needPoints({ steps, modules }: Comparison): readonly Point[] {
  const removed = steps.filter(({ change }) => change === 'removed');
  return [
    ...removed.map(({ step }) => ({ warns: true, text: `the step \`${step}\` is no longer taken` })),
    ...modules.gone.map((name) => ({ warns: true, text: `the module \`${name}\` is no longer loaded` })),
    ...modules.come.map((name) => ({ warns: false, text: `the module \`${name}\` is loaded now` })),
  ];
}

function driverPoints({ drivers }: Comparison): readonly Point[] {
  return drivers.map(({ module, change, devices }) => {
    const count = `${devices.length} kind${devices.length === 1 ? '' : 's'} of devices`;
    const example = `such as \`${devices[0]}\``;
    return change === 'lost'
      ? { warns: true, text: `no driver any more for ${count}, ${example}: \`${module}\` is gone` }
      : { warns: false, text: `a driver for ${count} more, ${example}: \`${module}\`` };
  });
}

/** Programs and modules that are no longer there. */
function lostPoints({ files }: Comparison): readonly Point[] {
  const lost = (parts: readonly string[]) =>
    files.filter(
      ({ change, part, path }) => change === 'removed' && parts.includes(part) && !path.endsWith('/'),
    );
  const programs = lost(['programs', 'busybox']);
  const modules = lost(['modules']).filter(({ path }) => /\.ko(\.\w+)?$/.test(path));
  return [
    ...programs.map(({ path }) => ({ warns: true, text: `the program \`${path}\` is gone` })),
    ...modules.map(({ path }) => ({ warns: true, text: `the module file \`${path}\` is gone` })),
  ];
}

function sizePoints({ boot }: Comparison): readonly Point[] {
  if (!boot || boot.old === boot.new) return [];
  const grown = boot.new - boot.old;
  const change = `${grown > 0 ? '+' : '-'}${formatBytes(Math.abs(grown))}`;
  const budget =
    boot.budget === 0
      ? ''
      : `, ${Math.round((boot.new / boot.budget) * 100)} % of ${formatBytes(boot.budget)}`;
  return [
    {
      warns: boot.budget > 0 && boot.new > boot.budget,
      text: `/boot: ${formatBytes(boot.old)} to ${formatBytes(boot.new)} (${change})${budget}`,
    },
  ];
}

function countPoints({ files, texts }: Comparison): readonly Point[] {
  const lines = texts.reduce(
    (sum, text) => ({ added: sum.added + text.addedLines, removed: sum.removed + text.removedLines }),
    { added: 0, removed: 0 },
  );
  return [
    ...(files.length > 0 ? [{ warns: false, text: `files: ${countFiles(files)}` }] : []),
    ...(texts.length > 0
      ? [
          {
            warns: false,
            text: `rendered text: ${texts.length} file${texts.length === 1 ? '' : 's'}, +${lines.added} -${lines.removed} lines`,
          },
        ]
      : []),
  ];
}

function countFiles(files: readonly FileChange[]): string {
  return (['added', 'removed', 'changed'] as const)
    .map((change) => [files.filter((file) => file.change === change).length, change] as const)
    .filter(([count]) => count > 0)
    .map(([count, change]) => `${count} ${change}`)
    .join(', ');
}
