/** The tree that the kernel makes of archives, as data: one entry a path, parents before what is in them, in the order of names. */
import { dirname } from 'node:path';
import { InitrdError } from '../errors.ts';
import type { CpioEntry } from './newc.ts';
import { Rootfs } from './rootfs.ts';
import type { TreeEntry } from './tree-entry.ts';

export interface Tree {
  readonly entries: readonly TreeEntry[];
  /** What the kernel makes nothing of, one sentence each. */
  readonly lost: readonly string[];
}

/** As much of an archive as a tree is made of. */
export interface Entries {
  readonly entries: readonly CpioEntry[];
  readonly trailer: boolean;
  /** What is read by its name, before anything is unpacked, is listed although the kernel makes no file of it. */
  readonly early: boolean;
}

/**
 * What the kernel has when it has unpacked all archives, one behind the other; later ones replace what earlier ones had.
 * `directories` are in it whatever they have. Throws InitrdError for names that nobody can mean.
 */
export function makeTree(archives: readonly Entries[], directories: readonly string[] = []): Tree {
  const rootfs = new Rootfs();
  for (const { entries, trailer, early } of archives) {
    for (const entry of entries) {
      requireName(entry);
      if (early) rootfs.ensureDirectory(dirname(entry.name.toString('utf8')));
      rootfs.unpack(entry);
    }
    if (trailer) rootfs.forgetInodes();
  }
  for (const path of directories) rootfs.ensureDirectory(path);
  return { entries: rootfs.list(), lost: rootfs.lost };
}

/** Names are relative to the root, as for the kernel; one that leads out of it is refused. */
function requireName({ name, data }: CpioEntry): void {
  const text = name.toString('utf8');
  if (Buffer.from(text).equals(name) && !text.split('/').includes('..') && !/\p{Cc}/u.test(text)) return;
  throw new InitrdError(
    `${data.input.name} has a file with the name ${JSON.stringify(name.toString('latin1'))}, which must be UTF-8 without control characters and ".."`,
  );
}
