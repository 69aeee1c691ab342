/** How large an ext4 must be for a directory: mkfs.ext4 takes what it is told and fails where that is too little. */
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const block = 4096;

/** What mkfs.ext4(8) is told: bytes of the file system, and how many inodes it gets (-N). */
export interface Ext4Size {
  readonly bytes: number;
  readonly inodes: number;
}

/**
 * The size for all below `directory` and `free` bytes more. A file counts with its length, holes included, and once however
 * many names it has. A tenth on top is for the journal, bitmaps and the blocks that name others (ext4(5)); the tables of
 * inodes, 256 bytes each, are by number: a tree of many small files needs more than the usual one for 16 KiB.
 */
export function ext4SizeFor(directory: string, free: number): Ext4Size {
  const { files, bytes } = measure(directory);
  const inodes = files + spareInodes;
  return { inodes, bytes: wholeBlocks(bytes * 1.1) + inodes * 256 + free };
}

/** For what the running system makes, and for those that ext4 keeps for itself. */
const spareInodes = 16_384;

interface Measure {
  readonly files: number;
  readonly bytes: number;
}

function measure(directory: string): Measure {
  const seen = new Set<string>();
  let [files, bytes] = [0, 0];
  const add = (path: string): void => {
    const { dev, ino, size, nlink, isDir } = statOf(path);
    const key = `${dev}:${ino}`;
    if (!isDir && nlink > 1 && seen.has(key)) return;
    seen.add(key);
    files += 1;
    bytes += Math.max(wholeBlocks(size), block);
    if (isDir) for (const name of readdirSync(path)) add(join(path, name));
  };
  add(directory);
  return { files, bytes };
}

function statOf(path: string) {
  const stat = lstatSync(path);
  const { dev, ino, size, nlink } = stat;
  return { dev, ino, nlink, size: stat.isFile() || stat.isDirectory() ? size : 0, isDir: stat.isDirectory() };
}

function wholeBlocks(bytes: number): number {
  return Math.ceil(bytes / block) * block;
}
