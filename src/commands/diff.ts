/** `bootrelay diff`: what is different between two platforms, rendered trees, builds or initrds, or two revisions of platforms. */
import { basename, dirname, join } from 'node:path';
import { loadPlatform } from '../config/load.ts';
import { UsageError } from '../errors.ts';
import { type Finding, hasErrors } from '../findings.ts';
import { configurationFailed, uniqueFindings } from '../host/platforms.ts';
import type { CommandResult } from '../host/result.ts';
import { type LoadedSide, type Location, locate, sideAt, sideOf } from '../host/sides.ts';
import { withWorkDirectory } from '../host/temporary.ts';
import { type Comparison, compareSides, isSame } from '../review/compare.ts';
import {
  type FailedPlatform,
  formatMarkdown,
  formatText,
  noOthers,
  type Others,
} from '../review/format-comparison.ts';

export interface DiffArguments {
  readonly old: string;
  readonly new: string;
  readonly set: readonly string[];
  readonly markdown: boolean;
  readonly allowAbsent: boolean;
  readonly json: boolean;
}

/** Compares two inputs. Exit code 1 where there are differences. */
export async function diff(args: DiffArguments): Promise<CommandResult> {
  const [old, fresh] = [locate(args.old), locate(args.new)];
  const platforms = [old, fresh].flatMap((place) => place.platforms ?? []);
  if (args.json && args.markdown) throw new UsageError('--json and --markdown are two formats: choose one');
  const absent = [old, fresh].find((place) => place.platforms?.length === 0);
  if (platforms.length > 0 && absent && !args.allowAbsent)
    throw new UsageError(`no platform is in ${absent.name}; --allow-absent takes it for an empty directory`);
  if (platforms.length > 0 && old.platforms && fresh.platforms)
    return resultOf(comparePlatforms(old, fresh, args.set), args);
  return withWorkDirectory(async (work) => {
    const before = await sideAt(old, args.set, work);
    const after = await sideAt(fresh, args.set, work);
    if (before.side && after.side)
      return resultOf({ comparisons: [compareSides(before.side, after.side)], others: noOthers }, args, [
        ...before.findings,
        ...after.findings,
      ]);
    const extending = platformsThatExtend(old, fresh, args.set);
    if (extending) return resultOf(extending, args);
    return configurationFailed('diff', uniqueFindings([...before.findings, ...after.findings]));
  });
}

interface Compared {
  readonly comparisons: readonly Comparison[];
  readonly others: Others;
}

/** Of two revisions of a base file, which is no platform by itself: the platforms that extend it. Undefined where none does. */
function platformsThatExtend(old: Location, fresh: Location, set: readonly string[]): Compared | undefined {
  const name = basename(fresh.path);
  if (basename(old.path) !== name) return undefined;
  const [before, after] = [old, fresh].map(directoryOf) as [Location, Location];
  if (!before.platforms || !after.platforms) return undefined;
  const compared = comparePlatforms(before, after, set, name);
  const any = compared.comparisons.length + Object.values(compared.others).flat().length > 0;
  return any ? compared : undefined;
}

function directoryOf({ path, revision }: Location): Location {
  return locate(revision === undefined ? dirname(path) : `${revision}:${dirname(path)}`);
}

/** All platforms of two directories by the names of their files, or those that extend `base`; a base that is none by itself is left out. */
function comparePlatforms(old: Location, fresh: Location, set: readonly string[], base?: string): Compared {
  const [before, after] = [loadAll(old, set), loadAll(fresh, set)];
  const comparisons: Comparison[] = [];
  const others = {
    identical: [] as string[],
    moved: [] as string[],
    added: [] as string[],
    removed: [] as string[],
    repaired: [] as string[],
    failed: [] as FailedPlatform[],
  };
  for (const name of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    const [left, right] = [before.get(name), after.get(name)];
    const extending = name !== base && [left, right].some((side) => side?.files.includes(base ?? ''));
    if (base !== undefined && !extending) continue;
    // What has errors now, and is no base, cannot be compared, whatever it was before.
    if (right && !right.side) others.failed.push({ name, findings: right.findings });
    else if (!left) others.added.push(name);
    else if (!right) others.removed.push(name);
    else if (!left.side) others.repaired.push(name);
    else if (right.side) {
      const comparison = compareSides(left.side, right.side);
      if (isSame(comparison)) (comparison.moved ? others.moved : others.identical).push(name);
      else comparisons.push(comparison);
    }
  }
  return { comparisons, others };
}

/** A side with the names of the files that its settings come from. */
interface LoadedFile extends LoadedSide {
  readonly files: readonly string[];
}

/** The platforms of a directory, but for files with errors that others extend: bases. */
function loadAll(place: Location, set: readonly string[]): ReadonlyMap<string, LoadedFile> {
  const loaded = (place.platforms ?? []).map((name) => {
    const path = join(place.path, name);
    return { name, path, ...loadPlatform(path, set, place.reader) };
  });
  const extended = loaded.flatMap(({ path, files }) => files.filter((file) => file !== path));
  return new Map(
    loaded
      .filter(({ config, path }) => config || !extended.includes(path))
      .map((platform) => {
        const files = platform.files.map((file) => basename(file));
        return [platform.name, { ...sideOf(place.name, platform), files }] as const;
      }),
  );
}

/** Platforms with errors are said beside the others; exit code 2 then. */
function resultOf(
  { comparisons, others }: Compared,
  { markdown }: Pick<DiffArguments, 'markdown'>,
  ofSides: readonly Finding[] = [],
): CommandResult {
  const findings = uniqueFindings([...ofSides, ...others.failed.flatMap((platform) => platform.findings)]);
  const same =
    comparisons.every(isSame) && others.added.length + others.removed.length + others.repaired.length === 0;
  const text = markdown ? formatMarkdown(comparisons, others) : formatText(comparisons, others);
  return {
    exitCode: hasErrors(findings) ? 2 : same ? 0 : 1,
    text,
    json: { command: 'diff', same, comparisons, ...others },
    findings,
  };
}
