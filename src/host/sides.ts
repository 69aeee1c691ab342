/** What the names on the command line of `diff` and `report` stand for. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { FileReader } from '../config/file-reader.ts';
import { type LoadedPlatform, loadPlatform } from '../config/load.ts';
import { isShipped, platformFile } from '../config/shipped.ts';
import { UsageError } from '../errors.ts';
import type { Finding } from '../findings.ts';
import { lostEntries } from '../initrd/lost-entries.ts';
import { planBoot } from '../plan/plan.ts';
import { readSide, sideOfPlatform } from '../review/read-side.ts';
import type { Side } from '../review/side.ts';
import { listInRevision, readFromRevision, requireRevision } from '../tools/git.ts';
import { createFileReader, readOnce } from './files.ts';
import { requireRegularFile } from './regular-file.ts';

/** A name on the command line: a path, of this machine's file system or of a revision. */
export interface Location {
  readonly name: string;
  readonly path: string;
  readonly reader: FileReader;
  readonly revision: string | undefined;
  /** The platform files in it, where it is a directory of such. */
  readonly platforms: readonly string[] | undefined;
}

/** `REVISION:PATH` is of git, unless there is a file of that name. Throws UsageError, ToolError. */
export function locate(name: string): Location {
  const shipped = isShipped(name);
  const [, revision, path = platformFile(name)] =
    shipped || existsSync(name) ? [] : (/^([^:]+):(.+)$/.exec(name) ?? []);
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

export interface LoadedSide {
  /** Absent where a platform has errors. */
  readonly side: Side | undefined;
  readonly findings: readonly Finding[];
}

/** The side at a place that is no directory of platforms; `work` takes what is unpacked. Throws UsageError, ComparisonError, ToolError. */
export async function sideAt(place: Location, set: readonly string[], work: string): Promise<LoadedSide> {
  if (place.platforms !== undefined && place.platforms.length > 0)
    throw new UsageError(`${place.name} is a directory of platforms: the other one must be one too`);
  if (place.revision !== undefined && !place.path.endsWith('.ini'))
    throw new UsageError(`${place.name} must be a platform file, or a directory with some`);
  if (isShipped(place.path)) return sideOf(place.name, loadPlatform(place.path, set, place.reader));
  if (place.revision === undefined && !statSync(place.path, { throwIfNoEntry: false })?.isDirectory())
    requireRegularFile(place.path, 'something to compare');
  const isFile = place.revision !== undefined || statSync(place.path, { throwIfNoEntry: false })?.isFile();
  return place.path.endsWith('.ini') && isFile
    ? sideOf(place.name, loadPlatform(place.path, set, place.reader))
    : sideOfContents(await readSide(place.path, work));
}

/** A side that was read from files, with what an initrd loses. */
function sideOfContents(side: Side): LoadedSide {
  return { side, findings: lostEntries(side.lost ?? []) };
}

/** A loaded platform as a side; with errors only its findings. */
export function sideOf(name: string, { config, files, findings }: LoadedPlatform): LoadedSide {
  return { side: config && sideOfPlatform(name, config, planBoot(config, files)), findings };
}
