/** newc cpio -> the tree that the kernel makes of it, as data: one entry a path, parents before what is in them. */
import { InitrdError } from '../errors.ts';
import { type CpioEntry, type Input, read, readCpioEntry } from './newc.ts';

interface Attributes {
  /** Relative to the root, without / at its ends; empty for the root itself. */
  readonly path: string;
  /** Permissions with setuid, setgid and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** A regular file: its data are the bytes `start` to before `end` of the archive's file. */
export type FileEntry = Attributes & { readonly type: 'file'; readonly start: number; readonly end: number };

export type TreeEntry =
  | FileEntry
  | (Attributes & { readonly type: 'directory' | 'fifo' })
  /** The target is bytes: whatever they are, the kernel makes the link. */
  | (Attributes & { readonly type: 'symlink'; readonly target: Buffer })
  /** Another name of the file at `target`. */
  | (Attributes & { readonly type: 'link'; readonly target: string })
  | (Attributes & {
      readonly type: 'character-device' | 'block-device';
      readonly major: number;
      readonly minor: number;
    });

/** The tree of the archive at byte `start`, with `directories` in it whatever it has. Throws InitrdError. */
export function readTree(input: Input, start: number, directories: readonly string[]): readonly TreeEntry[] {
  const tree = new Map<string, TreeEntry>();
  for (const path of ['', ...directories]) tree.set(path, emptyDirectory(path));
  const raw = new Map<string, CpioEntry>();
  for (const entry of entriesFrom(input, start)) raw.set(pathOf(entry, input), entry);
  const files = findFiles(raw);
  for (const [path, entry] of raw) tree.set(path, describe(path, entry, files, input));
  return parentsFirst(tree, input);
}

function* entriesFrom(input: Input, start: number): Generator<CpioEntry> {
  for (let position = start; ; ) {
    const entry = readCpioEntry(input, position);
    if ('trailerEnd' in entry) return;
    yield entry;
    position = entry.next;
  }
}

/** Names are relative to the root, as for the kernel; one that leads out of it is refused. */
function pathOf({ name }: CpioEntry, { file }: Input): string {
  const text = name.toString('utf8');
  const parts = text.split('/').filter((part) => part !== '' && part !== '.');
  if (!Buffer.from(text).equals(name) || parts.includes('..') || /\p{Cc}/u.test(text)) {
    throw new InitrdError(
      `${file} has a file with the name ${JSON.stringify(name.toString('latin1'))}, which must be UTF-8 without control characters and ".."`,
    );
  }
  return parts.join('/');
}

function emptyDirectory(path: string): TreeEntry {
  return { path, type: 'directory', mode: 0o755, uid: 0, gid: 0 };
}

interface HardLinked {
  readonly first: string;
  /** Of several names of one file any may have the data, in practice the last. */
  readonly data: CpioEntry['data'];
}

/** By inode: the first name and the data of each regular file that has several names. */
function findFiles(raw: ReadonlyMap<string, CpioEntry>): ReadonlyMap<string, HardLinked> {
  const files = new Map<string, HardLinked>();
  for (const [path, { inode, data, mode, links }] of raw) {
    if (mode >> 12 !== 0o10 || links < 2) continue;
    const known = files.get(inode);
    const filled = data.end > data.start || !known ? data : known.data;
    files.set(inode, { first: known?.first ?? path, data: filled });
  }
  return files;
}

function describe(
  path: string,
  entry: CpioEntry,
  files: ReadonlyMap<string, HardLinked>,
  input: Input,
): TreeEntry {
  const attributes = { path, mode: entry.mode & 0o7777, uid: entry.uid, gid: entry.gid };
  switch (entry.mode >> 12) {
    case 0o10: {
      const linked = files.get(entry.inode);
      if (entry.links > 1 && linked && linked.first !== path)
        return { ...attributes, type: 'link', target: linked.first };
      return { ...attributes, type: 'file', ...(entry.links > 1 && linked ? linked.data : entry.data) };
    }
    case 0o04:
      return { ...attributes, type: 'directory' };
    case 0o12:
      return { ...attributes, type: 'symlink', target: readTarget(path, entry, input) };
    case 0o02:
      return { ...attributes, type: 'character-device', ...entry.device };
    case 0o06:
      return { ...attributes, type: 'block-device', ...entry.device };
    case 0o01:
      return { ...attributes, type: 'fifo' };
    default:
      throw new InitrdError(
        `${input.file} has ${path}, which is no file, directory, link, device or fifo (mode ${entry.mode.toString(8)})`,
      );
  }
}

/** PATH_MAX of the kernel. */
const longestTarget = 4096;

/** What a link leads to, which ends at a NUL for the kernel; it makes none that leads to nothing, or that is too long. */
function readTarget(path: string, { data: { start, end } }: CpioEntry, input: Input): Buffer {
  const bytes = read(input, start, Math.min(end - start, longestTarget));
  const target = bytes.subarray(0, bytes.includes(0) ? bytes.indexOf(0) : bytes.length);
  if (target.length > 0 && target.length < longestTarget) return target;
  const what = target.length === 0 ? 'nothing' : `a name of ${end - start} bytes`;
  throw new InitrdError(`${input.file} has the link ${path} to ${what}`);
}

/** Adds missing parent directories, and gives each before what is in it. */
function parentsFirst(tree: ReadonlyMap<string, TreeEntry>, { file }: Input): readonly TreeEntry[] {
  const ordered = new Map<string, TreeEntry>();
  for (const entry of tree.values()) {
    for (const parent of parentsOf(entry.path)) {
      const known = tree.get(parent) ?? emptyDirectory(parent);
      if (known.type !== 'directory') {
        throw new InitrdError(`${file} has ${entry.path}, but ${parent} is a ${known.type}, not a directory`);
      }
      if (!ordered.has(parent)) ordered.set(parent, known);
    }
    if (!ordered.has(entry.path)) ordered.set(entry.path, entry);
  }
  return [...ordered.values()];
}

/** a/b/c -> the root, a, a/b. The root has none. */
function parentsOf(path: string): readonly string[] {
  if (path === '') return [];
  const parts = path.split('/');
  return parts.map((_, index) => parts.slice(0, index).join('/'));
}
