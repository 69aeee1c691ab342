/** The verity-protected /usr of a test machine: the sysroot's /usr and the full-initrd images, as one file. */
import { copyFileSync, mkdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { UsrFileSystem } from '../config/usr-file-systems.ts';
import { wholeMebibytes } from '../disk/disk.ts';
import { ToolError } from '../errors.ts';
import { copyTreeArgs } from '../tools/disk.ts';
import {
  btrfsFromDirectoryArgs,
  erofsFromDirectoryArgs,
  ext4FromDirectoryArgs,
  f2fsArgs,
  f2fsFromDirectoryArgs,
  squashfsFromDirectoryArgs,
  xfsFromPrototypeArgs,
} from '../tools/images.ts';
import { type Command, run } from '../tools/run.ts';
import { makeHashTree } from '../tools/verity.ts';
import { ext4SizeFor } from './ext4-size.ts';
import { xfsPrototype } from './xfs-prototype.ts';

/** UUIDs and salt of test disks: fixed, so that the same input gives the same bytes. */
export const usrUuid = 'b0074e1a-0000-4000-8000-000000000001';
const verityUuid = 'b0074e1a-0000-4000-8000-000000000002';
const veritySalt = 'b0074e1a'.repeat(8);

/** What an ext4 of a small tree needs for itself: nothing is written to /usr. */
const ext4Own = 64 * 1024 ** 2;

/** What xfs and f2fs need besides: a log and room beside each other's files; segments to clean, and a block for each inode. */
const xfsOwn = 256 * 1024 ** 2;
const f2fsOwn = 128 * 1024 ** 2;

export interface UsrImageOptions {
  readonly sysroot: string;
  /** Files to put in: a file of this machine and its path in the running system, below /usr. */
  readonly files: readonly { readonly source: string; readonly target: string }[];
  readonly fileSystem: UsrFileSystem;
  readonly output: string;
  /** A directory for files that are made on the way; on the sysroot's file system it needs no copy. */
  readonly work: string;
}

/** Makes the image of /usr; the sysroot stays as it is. Throws ToolError. */
export async function makeUsrImage(options: UsrImageOptions): Promise<void> {
  const tree = join(options.work, 'usr');
  await copyTree(join(options.sysroot, 'usr'), tree);
  for (const { source, target } of options.files) {
    const copy = join(options.work, target);
    mkdirSync(dirname(copy), { recursive: true });
    rmSync(copy, { force: true });
    copyFileSync(source, copy);
  }
  rmSync(options.output, { force: true });
  for (const command of makeFileSystem(options, tree)) await run(command);
  rmSync(tree, { recursive: true });
  truncateSync(options.output, roundUp(statSync(options.output).size, 4096));
}

/** What makes a file system of a directory. */
export function makeFileSystem(
  { fileSystem, output, work }: Pick<UsrImageOptions, 'fileSystem' | 'output' | 'work'>,
  tree: string,
): readonly Command[] {
  switch (fileSystem) {
    case 'erofs':
      return [erofsFromDirectoryArgs(output, tree, usrUuid)];
    case 'btrfs':
      return [btrfsFromDirectoryArgs(output, tree, usrUuid)];
    case 'squashfs':
      return [squashfsFromDirectoryArgs(output, tree)];
    case 'ext4':
      return [ext4FromDirectoryArgs(output, tree, ext4SizeFor(tree, ext4Own), usrUuid)];
    case 'xfs': {
      const { bytes, inodes } = ext4SizeFor(tree, xfsOwn);
      const prototype = join(work, 'usr.prototype');
      writeFileSync(prototype, xfsPrototype(tree));
      makeHole(output, bytes + inodes * 256);
      return [xfsFromPrototypeArgs(output, prototype, usrUuid)];
    }
    case 'f2fs': {
      const { bytes, inodes } = ext4SizeFor(tree, f2fsOwn);
      makeHole(output, bytes + inodes * 4096);
      return [f2fsArgs(output, usrUuid), f2fsFromDirectoryArgs(output, tree)];
    }
  }
}

/** A file of so many bytes, in whole MiB, for a program that takes its size from there. */
function makeHole(file: string, bytes: number): void {
  writeFileSync(file, '');
  truncateSync(file, wholeMebibytes(bytes));
}

/** Copies a tree with hard links where both are on one file system. */
export async function copyTree(source: string, target: string): Promise<void> {
  try {
    await run(copyTreeArgs(source, target, { link: true }));
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    rmSync(target, { recursive: true, force: true });
    await run(copyTreeArgs(source, target, { link: false }));
  }
}

/** Data for forward error correction: their file, and the parity bytes of each code word. */
export interface Correction {
  readonly file: string;
  readonly roots: number;
}

/** Adds a hash tree behind the data, or into the file `hash`, and the data for error correction where `correction` is given; gives the root hash in hexadecimal. With `offset` the data end there, where the hash tree behind them begins. */
export async function addHashTree(
  data: string,
  hash: string = data,
  correction?: Correction,
  offset?: number,
): Promise<string> {
  if (offset !== undefined) truncateSync(data, offset);
  const size = statSync(data).size;
  // Data for error correction cover the partition to its end.
  if (correction && hash === data) truncateSync(data, wholeMebibytes(size * 1.01 + 1));
  const hashOffset = hash === data ? size : 0;
  return makeHashTree({
    ...{ data, hash, hashOffset, dataBlocks: size / 4096, correction },
    ...{ uuid: verityUuid, salt: veritySalt },
  });
}

function roundUp(size: number, unit: number): number {
  return Math.ceil(size / unit) * unit;
}
