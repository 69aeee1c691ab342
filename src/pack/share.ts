/** Finds the files of a full initrd that /usr has too: the image holds no data for them. */
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  realpathSync,
  type Stats,
} from 'node:fs';
import { join } from 'node:path';
import type { Thin } from '../config/image-format.ts';
import { lengthOf, type Range } from '../initrd/input.ts';
import type { FileEntry, TreeEntry } from '../initrd/tree-entry.ts';

/** A shared file: `source` is its path below /usr, links followed, with a / in front; and the SHA-256 of its content. */
export type Sharing =
  | { readonly shared: true; readonly source: string; readonly sha256: string }
  | { readonly shared: false; readonly why: string };

export interface ShareOptions {
  /** The directory that becomes /usr. */
  readonly usr: string;
  readonly thin: Thin;
  /** Files in /usr, by their path below it, that have extended attributes: a link would show them. */
  readonly withAttributes: ReadonlySet<string>;
}

const chunk = 1024 * 1024;

/**
 * For each regular file of `tree`: is it shared, and if not, why. Through overlayfs the image keeps owner, mode and
 * attributes, so that only the content must agree; a link shows those of /usr, so that they must agree too.
 */
export function shareWithUsr(
  tree: readonly TreeEntry[],
  options: ShareOptions,
): ReadonlyMap<string, Sharing> {
  const files = tree.filter((entry) => entry.type === 'file');
  const buffers = { left: Buffer.alloc(chunk), right: Buffer.alloc(chunk) };
  const resolved = { ...options, usr: realpathSync(options.usr) };
  return new Map(files.map((entry) => [entry.path, share(entry, resolved, buffers)]));
}

interface Buffers {
  readonly left: Buffer;
  readonly right: Buffer;
}

function share(entry: FileEntry, options: ShareOptions, buffers: Buffers): Sharing {
  const { path, data } = entry;
  const no = (why: string): Sharing => ({ shared: false, why });
  if (lengthOf(data) === 0) return no('empty');
  if (!path.startsWith('usr/')) return no('not below /usr');
  if (options.thin === 'links' && systemdReads(path)) return no('systemd looks at links to it');
  const source = resolveBelow(options.usr, path.slice('usr'.length));
  if (source === undefined) return no('not in /usr');
  const file = join(options.usr, source);
  if (!lstatSync(file).isFile()) return no('not a file in /usr');
  const descriptor = openSync(file, 'r');
  try {
    const stat = fstatSync(descriptor);
    if (stat.size !== lengthOf(data)) return no('of another size in /usr');
    if (options.thin === 'links') {
      const why = differsThroughLink(entry, stat, options.withAttributes.has(source));
      if (why) return no(why);
    }
    const sha256 = hashIfSame(data, descriptor, buffers);
    return sha256 === undefined ? no('of other content in /usr') : { shared: true, source, sha256 };
  } finally {
    closeSync(descriptor);
  }
}

function differsThroughLink(entry: FileEntry, stat: Stats, attributes: boolean): string | undefined {
  if ((stat.mode & 0o7777) !== entry.mode) return 'of another mode in /usr';
  if (stat.uid !== entry.uid || stat.gid !== entry.gid) return 'of another owner in /usr';
  return attributes ? 'with extended attributes in /usr' : undefined;
}

/** systemd.unit(5): a unit that is a link has the name of its target as an alias, or counts as linked from elsewhere. */
function systemdReads(path: string): boolean {
  return /^usr\/lib\/systemd\/(system|user|network)\//.test(path);
}

/** The path below `usr` that `path` leads to, with no link in it: overlayfs follows none. Undefined where it leads out. */
function resolveBelow(usr: string, path: string): string | undefined {
  const file = join(usr, path);
  if (!existsSync(file)) return undefined;
  const real = realpathSync(file);
  return real.startsWith(`${usr}/`) ? real.slice(usr.length) : undefined;
}

/** The SHA-256 of what both files have; undefined where they differ. */
function hashIfSame(data: Range, descriptor: number, { left, right }: Buffers): string | undefined {
  const hash = createHash('sha256');
  const size = lengthOf(data);
  for (let done = 0; done < size; done += chunk) {
    const length = Math.min(chunk, size - done);
    data.input.readInto(left.subarray(0, length), data.start + done);
    readSync(descriptor, right, 0, length, done);
    if (left.compare(right, 0, length, 0, length) !== 0) return undefined;
    hash.update(left.subarray(0, length));
  }
  return hash.digest('hex');
}
