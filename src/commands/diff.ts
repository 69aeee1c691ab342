/** `bootrelay diff`: what is different between two platforms, rendered trees, builds or initrds, or two revisions of platforms. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { FileReader } from '../config/layers.ts';
import { type LoadedPlatform, loadPlatform } from '../config/load.ts';
import { type Finding, hasErrors } from '../findings.ts';
import { planBoot } from '../plan/plan.ts';
import { type Comparison, compareSides, isSame } from '../review/compare.ts';
import { formatMarkdown, formatText, noOthers, type Others } from '../review/format-comparison.ts';
import { readSide, sideOfPlatform } from '../review/read-side.ts';
import type { Side } from '../review/side.ts';
import { listInRevision, readFromRevision, requireRevision } from '../tools/git.ts';
import { createFileReader, readOnce } from './files.ts';
import { configurationFailed } from './platforms.ts';
import { type CommandResult, UsageError } from './result.ts';
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
    const sides = [await sideAt(old, args.set, work), await sideAt(fresh, args.set, work)] as const;
    const findings = sides.flatMap((side) => ('findings' in side ? side.findings : []));
    const [before, after] = sides;
    if ('findings' in before || 'findings' in after) return configurationFailed('diff', findings);
    return resultOf([compareSides(before, after)], noOthers, args);
  });
}

/** A name on the command line: a path, of this machine's file system or of a revision. */
interface Place {
  readonly name: string;
  readonly path: string;
  readonly reader: FileReader;
  readonly revision: string | undefined;
  /** The platform files in it, where it is a directory of such. */
  readonly platforms: readonly string[] | undefined;
}

/** `REVISION:PATH` is of git, unless there is a file of that name. Throws UsageError, ToolError. */
function locate(name: string): Place {
  const [, revision, path = name] = existsSync(name) ? [] : (/^([^:]+):(.+)$/.exec(name) ?? []);
  if (revision !== undefined) requireRevision(revision);
  const reader = revision === undefined ? createFileReader() : createRevisionReader(revision);
  const isBuild = existsSync(join(path, 'manifest.json')) || existsSync(join(path, 'explain.txt'));
  const ofMachine = revision === undefined && (isBuild || existsSync(path));
  const files = path.endsWith('.ini') ? [] : reader.list(path).filter((file) => file.endsWith('.ini'));
  // A directory that is not there yet, or no more, has none.
  const none = ofMachine || path.endsWith('.ini') ? undefined : [];
  const platforms = files.length > 0 && !(revision === undefined && isBuild) ? files : none;
  return { name, path: path.replace(/\/+$/, ''), reader, revision, platforms };
}

function createRevisionReader(revision: string): FileReader {
  const missing = { error: `cannot be read: revision ${revision} has no such file`, missing: true };
  return readOnce({
    read: (path) => readFromRevision(revision, path) ?? missing,
    list: (directory) => listInRevision(revision, directory),
  });
}

type Loaded = Side | { readonly findings: readonly Finding[] };

async function sideAt(place: Place, set: readonly string[], work: string): Promise<Loaded> {
  if (place.platforms !== undefined && place.platforms.length > 0)
    throw new UsageError(`${place.name} is a directory of platforms: the other one must be one too`);
  if (place.revision !== undefined && !place.path.endsWith('.ini'))
    throw new UsageError(`${place.name} must be a platform file, or a directory with some`);
  const isFile = place.revision !== undefined || statSync(place.path, { throwIfNoEntry: false })?.isFile();
  return place.path.endsWith('.ini') && isFile
    ? sideOf(place.name, loadPlatform(place.path, set, place.reader))
    : readSide(place.path, work);
}

function sideOf(name: string, { config, files, findings }: LoadedPlatform): Loaded {
  return config ? sideOfPlatform(name, config, planBoot(config, files)) : { findings };
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
    if (right && 'findings' in right) findings.push(...right.findings);
    else if (right && left && !('findings' in left)) {
      const comparison = compareSides(left, right);
      if (isSame(comparison)) (comparison.moved ? others.moved : others.identical).push(name);
      else comparisons.push(comparison);
    } else if (right) others.added.push(name);
    else if (left && !('findings' in left)) others.removed.push(name);
  }
  return hasErrors(findings) ? configurationFailed('diff', findings) : resultOf(comparisons, others, args);
}

/** The platforms of a directory, but for files with errors that others extend: bases. */
function loadAll(place: Place, set: readonly string[]): ReadonlyMap<string, Loaded> {
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
