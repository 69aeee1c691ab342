/**
 * The kernel's root file system while it unpacks archives, in memory (init/initramfs.c): links in the way are followed, what is
 * there already is written over, and what cannot be made is left out without a word, so that it is kept as lost here.
 */
import { lengthOf, type Range, read } from './input.ts';
import type { CpioEntry } from './newc.ts';
import type { TreeEntry } from './tree-entry.ts';

interface Owned {
  mode: number;
  uid: number;
  gid: number;
}

interface Directory extends Owned {
  readonly type: 'directory';
  readonly children: Map<string, Inode>;
  /** Whether an archive has it, and not only the kernel. */
  given: boolean;
}

interface File extends Owned {
  readonly type: 'file';
  data: Range;
}

interface Link extends Owned {
  readonly type: 'symlink';
  readonly target: Buffer;
}

interface Device extends Owned {
  readonly type: 'character-device' | 'block-device' | 'fifo' | 'socket';
  readonly major: number;
  readonly minor: number;
}

/** What names lead to: hard links are names of one. */
type Inode = Directory | File | Link | Device;

/** st_mode >> 12 (inode(7)). */
const types: Readonly<Record<number, Inode['type']>> = {
  1: 'fifo',
  2: 'character-device',
  4: 'directory',
  6: 'block-device',
  8: 'file',
  10: 'symlink',
  12: 'socket',
};

/** PATH_MAX of the kernel, and how many links it follows (path_resolution(7)). */
const [longestTarget, mostLinks] = [4096, 40];

export class Rootfs {
  /** What nothing came of, one sentence each. */
  readonly lost: string[] = [];
  readonly #root = newDirectory(0o755);
  /** By type and number: the first path of what has several names. */
  readonly #inodes = new Map<string, string>();

  constructor() {
    // The kernel's own archive, where nothing else is built in (usr/default_cpio_list).
    this.#root.children.set('dev', newDirectory(0o755));
    this.#root.children.set('root', newDirectory(0o700));
  }

  /** Behind a trailer the numbers of inodes mean other files. */
  forgetInodes(): void {
    this.#inodes.clear();
  }

  /** Makes what an entry says. */
  unpack(entry: CpioEntry): void {
    const why = this.#make(entry);
    if (why !== undefined)
      this.lost.push(`${JSON.stringify(entry.name.toString('utf8'))} of ${entry.data.input.name}: ${why}`);
  }

  /** A directory where there is nothing yet, with those above it. */
  ensureDirectory(path: string): void {
    const parts = stepsOf(path);
    let directory = this.#root;
    for (const [index, part] of parts.entries()) {
      const found = directory.children.get(part) ?? newDirectory(0o755);
      directory.children.set(part, found);
      const reached = this.#resolve(parts.slice(0, index + 1));
      if (reached?.type !== 'directory') return;
      reached.given = true;
      directory = reached;
    }
  }

  /** Gives why it cannot be made. */
  #make(entry: CpioEntry): string | undefined {
    const type = types[entry.mode >> 12];
    if (!type) return `its mode ${entry.mode.toString(8)} is that of no kind of file`;
    if (type !== 'file' && type !== 'symlink' && lengthOf(entry.data) > 0) return `a ${type} with data`;
    const parts = stepsOf(entry.name.toString('utf8'));
    const name = parts.at(-1);
    if (name === undefined) return this.#changeRoot(entry, type);
    const parent = this.#resolve(parts.slice(0, -1));
    if (!parent) return 'its directory is not there';
    if (parent.type !== 'directory') return 'what its name has as a directory is none';
    const place = { directory: parent, name };
    if (!clear(place, type)) return 'a directory that is not empty is in its place';
    return this.#place(place, entry, type);
  }

  #changeRoot(entry: CpioEntry, type: Inode['type']): string | undefined {
    if (type !== 'directory') return 'it has the place of the root';
    own(this.#root, entry);
    this.#root.given = true;
    return undefined;
  }

  #place(place: Place, entry: CpioEntry, type: Inode['type']): string | undefined {
    if (type === 'symlink') return placeLink(place, entry);
    if (type === 'directory') return placeDirectory(place, entry);
    const earlier = this.#earlierName(entry, type);
    if (typeof earlier === 'string') return earlier;
    if (earlier) place.directory.children.set(place.name, earlier);
    const linked = earlier !== undefined;
    return type === 'file' ? placeFile(place, entry, linked) : placeDevice(place, entry, { type, linked });
  }

  /** What an earlier name of the same file leads to; a sentence where that is gone; undefined for a first name. */
  #earlierName(entry: CpioEntry, type: Inode['type']): Inode | string | undefined {
    if (entry.links < 2) return undefined;
    const key = `${type} ${entry.inode}`;
    const earlier = this.#inodes.get(key);
    if (earlier === undefined) {
      this.#inodes.set(key, entry.name.toString('utf8'));
      return undefined;
    }
    const parts = stepsOf(earlier);
    const directory = this.#resolve(parts.slice(0, -1));
    const found = directory?.type === 'directory' ? directory.children.get(parts.at(-1) ?? '') : undefined;
    return found && found.type !== 'directory'
      ? found
      : `it is a hard link to ${JSON.stringify(earlier)}, which is gone`;
  }

  /** Follows names and links from the root; undefined where one is missing or links lead in circles. */
  #resolve(parts: readonly string[], links = 0): Inode | undefined {
    const above: Directory[] = [];
    let here: Inode = this.#root;
    for (const [index, part] of parts.entries()) {
      if (here.type !== 'directory') return undefined;
      if (part === '..') {
        here = above.pop() ?? this.#root;
        continue;
      }
      const next: Inode | undefined = here.children.get(part);
      if (next?.type === 'symlink') {
        if (links === mostLinks) return undefined;
        const target = next.target.toString('utf8');
        const from = target.startsWith('/') ? [] : parts.slice(0, index);
        return this.#resolve([...from, ...stepsOf(target), ...parts.slice(index + 1)], links + 1);
      }
      if (!next) return undefined;
      above.push(here);
      here = next;
    }
    return here;
  }

  /** Everything that an archive has, with the directories above it. */
  list(): readonly TreeEntry[] {
    const first = new Map<Inode, string>();
    return list('', this.#root, first);
  }
}

interface Place {
  readonly directory: Directory;
  readonly name: string;
}

/** Takes away what has the place and is of another type (clean_path); false where that is not possible. A link is always made anew. */
function clear({ directory, name }: Place, type: Inode['type']): boolean {
  const there = directory.children.get(name);
  if (!there || (there.type === type && type !== 'symlink')) return true;
  if (there.type === 'directory' && there.children.size > 0) return false;
  directory.children.delete(name);
  return true;
}

function placeDirectory({ directory, name }: Place, entry: CpioEntry): undefined {
  const there = directory.children.get(name);
  const made = there?.type === 'directory' ? there : newDirectory(0);
  made.given = true;
  own(made, entry);
  directory.children.set(name, made);
}

/** What has the name already is written over, with all its other names. */
function placeFile({ directory, name }: Place, entry: CpioEntry, linked: boolean): undefined {
  const there = directory.children.get(name);
  if (there?.type !== 'file') {
    directory.children.set(name, own({ type: 'file', ...nobody, data: entry.data }, entry));
    return;
  }
  own(there, entry);
  // A further name of a file without data has those of the others.
  if (!linked || lengthOf(entry.data) > 0) there.data = entry.data;
}

/** The kernel makes no device where one is, and changes only whose it is. */
function placeDevice(
  { directory, name }: Place,
  entry: CpioEntry,
  { type, linked }: { readonly type: Inode['type']; readonly linked: boolean },
): undefined {
  const there = directory.children.get(name);
  if (!there)
    directory.children.set(name, own({ type: type as Device['type'], ...nobody, ...entry.device }, entry));
  else if (!linked) own(there, entry);
}

/** What a link leads to ends at a NUL for the kernel; one that leads to nothing is made, one that is too long is not. */
function placeLink({ directory, name }: Place, entry: CpioEntry): string | undefined {
  const { input, start } = entry.data;
  const size = lengthOf(entry.data);
  const bytes = read(input, start, Math.min(size, longestTarget));
  const target = bytes.subarray(0, bytes.includes(0) ? bytes.indexOf(0) : bytes.length);
  if (size > longestTarget || target.length === longestTarget) return `a link to a name of ${size} bytes`;
  directory.children.set(name, own({ type: 'symlink', ...nobody, target }, entry));
  return undefined;
}

const nobody: Owned = { mode: 0, uid: 0, gid: 0 };

function own<I extends Owned>(inode: I, { mode, uid, gid }: CpioEntry): I {
  return Object.assign(inode, { mode: mode & 0o7777, uid, gid });
}

function newDirectory(mode: number): Directory {
  return { type: 'directory', ...nobody, mode, children: new Map(), given: false };
}

/** a//./b -> a, b: what a path goes through. */
function stepsOf(path: string): readonly string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

function list(path: string, inode: Inode, first: Map<Inode, string>): readonly TreeEntry[] {
  const { mode, uid, gid } = inode;
  const attributes = { path, mode, uid, gid };
  if (inode.type === 'directory') {
    const inside = [...inode.children]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .flatMap(([name, child]) => list(path === '' ? name : `${path}/${name}`, child, first));
    const shown = inode.given || inside.length > 0 || path === '';
    return shown ? [{ ...attributes, type: 'directory' }, ...inside] : [];
  }
  const target = first.get(inode);
  if (target !== undefined) return [{ ...attributes, type: 'link', target }];
  first.set(inode, path);
  if (inode.type === 'file') return [{ ...attributes, type: 'file', data: inode.data }];
  if (inode.type === 'symlink') return [{ ...attributes, type: 'symlink', target: inode.target }];
  if (inode.type === 'fifo' || inode.type === 'socket') return [{ ...attributes, type: inode.type }];
  return [{ ...attributes, type: inode.type, major: inode.major, minor: inode.minor }];
}
