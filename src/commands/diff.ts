/** `bootrelay diff`: what is different between two platforms, rendered trees, builds or initrds, or two revisions of platforms. */
import { join } from 'node:path';
import { loadPlatform } from '../config/load.ts';
import { type Finding, hasErrors } from '../findings.ts';
import { type Comparison, compareSides, isSame } from '../review/compare.ts';
import { formatMarkdown, formatText, noOthers, type Others } from '../review/format-comparison.ts';
import { configurationFailed } from './platforms.ts';
import type { CommandResult } from './result.ts';
import { type LoadedSide, locate, type Place, sideAt, sideOf } from './sides.ts';
import { withWorkDirectory } from './temporary.ts';

export interface DiffArguments {
  readonly old: string;
  readonly new: string;
  readonly set: readonly string[];
  readonly markdown: boolean;
}

/** Exit code 1 where there are differences. */
export async function diff(args: DiffArguments): Promise<CommandResult> {
  const [old, fresh] = [locate(args.old), locate(args.new)];
  const platforms = [old, fresh].flatMap((place) => place.platforms ?? []);
  if (platforms.length > 0 && old.platforms && fresh.platforms) return diffPlatforms(old, fresh, args);
  return withWorkDirectory(async (work) => {
    const before = await sideAt(old, args.set, work);
    const after = await sideAt(fresh, args.set, work);
    if (!before.side || !after.side)
      return configurationFailed('diff', [...before.findings, ...after.findings]);
    return resultOf([compareSides(before.side, after.side)], noOthers, args);
  });
}

/** All platforms of two directories, by the names of their files. A base that is none by itself is left out. */
function diffPlatforms(old: Place, fresh: Place, args: DiffArguments): CommandResult {
  const [before, after] = [loadAll(old, args.set), loadAll(fresh, args.set)];
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  const comparisons: Comparison[] = [];
  const others = {
    identical: [] as string[],
    moved: [] as string[],
    added: [] as string[],
    removed: [] as string[],
  };
  const findings: Finding[] = [];
  for (const name of names) {
    const [left, right] = [before.get(name), after.get(name)];
    // What has errors now, and is no base, cannot be compared, whatever it was before.
    if (right && !right.side) findings.push(...right.findings);
    else if (right?.side && left?.side) {
      const comparison = compareSides(left.side, right.side);
      if (isSame(comparison)) (comparison.moved ? others.moved : others.identical).push(name);
      else comparisons.push(comparison);
    } else if (right) others.added.push(name);
    else if (left?.side) others.removed.push(name);
  }
  return hasErrors(findings) ? configurationFailed('diff', findings) : resultOf(comparisons, others, args);
}

/** The platforms of a directory, but for files with errors that others extend: bases. */
function loadAll(place: Place, set: readonly string[]): ReadonlyMap<string, LoadedSide> {
  const loaded = (place.platforms ?? []).map((name) => {
    const path = join(place.path, name);
    return { name, path, ...loadPlatform(path, set, place.reader) };
  });
  const extended = loaded.flatMap(({ path, files }) => files.filter((file) => file !== path));
  return new Map(
    loaded
      .filter(({ config, path }) => config || !extended.includes(path))
      .map((platform) => [platform.name, sideOf(place.name, platform)] as const),
  );
}

function resultOf(
  comparisons: readonly Comparison[],
  others: Others,
  { markdown }: Pick<DiffArguments, 'markdown'>,
): CommandResult {
  const same = comparisons.every(isSame) && others.added.length + others.removed.length === 0;
  const text = markdown ? formatMarkdown(comparisons, others) : formatText(comparisons, others);
  return {
    exitCode: same ? 0 : 1,
    text,
    json: { command: 'diff', same, comparisons, ...others },
    findings: [],
  };
}
