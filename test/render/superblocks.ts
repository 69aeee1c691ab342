/** Superblocks of file systems and of dm-verity as od and dd of stage 1 read them, with whatever they shall say. */
import { createHash } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import type { UsrFileSystem } from '../../src/config/usr-file-systems.ts';

export type FileSystem = UsrFileSystem;

/** What a superblock says of the size: blocks and the bits of a block's size, or bytes (btrfs, squashfs). */
export interface Size {
  readonly count: bigint;
  readonly shift?: number;
}

interface Layout {
  /** Where the magic number is. */
  readonly magic: readonly [at: number, bytes: string];
  readonly write: (buffer: Buffer, size: Size) => void;
  /** The size of a sound one with so many bytes. */
  readonly sizeOf: (bytes: number) => Size;
}

const inBytes = (bytes: number): Size => ({ count: BigInt(bytes) });

/** linux/fs/erofs/erofs_fs.h, btrfs_tree.h, squashfs_fs.h, ext4.h, f2fs_fs.h: all little-endian; xfs_format.h: big-endian. */
const layouts: Readonly<Record<FileSystem, Layout>> = {
  erofs: {
    magic: [1024, 'e2e1f5e0'],
    write: (buffer, { count, shift = 12 }) => {
      buffer.writeUInt8(shift, 1024 + 12);
      buffer.writeUInt32LE(Number(count), 1024 + 36);
    },
    sizeOf: (bytes) => ({ count: BigInt(bytes / 4096), shift: 12 }),
  },
  btrfs: {
    magic: [65536 + 64, Buffer.from('_BHRfS_M').toString('hex')],
    write: (buffer, { count }) => buffer.writeBigUInt64LE(count, 65536 + 112),
    sizeOf: inBytes,
  },
  squashfs: {
    magic: [0, Buffer.from('hsqs').toString('hex')],
    write: (buffer, { count }) => buffer.writeBigUInt64LE(count, 40),
    sizeOf: inBytes,
  },
  ext4: {
    magic: [1024 + 56, '53ef'],
    write: (buffer, { count, shift = 2 }) => {
      buffer.writeUInt32LE(Number(count), 1024 + 4);
      buffer.writeUInt32LE(shift, 1024 + 24);
    },
    sizeOf: (bytes) => ({ count: BigInt(bytes / 4096), shift: 2 }),
  },
  xfs: {
    magic: [0, Buffer.from('XFSB').toString('hex')],
    write: (buffer, { count, shift = 12 }) => {
      buffer.writeUInt32BE(2 ** shift, 4);
      buffer.writeBigUInt64BE(count, 8);
      // The log is inside.
      buffer.writeBigUInt64BE(6n, 48);
    },
    sizeOf: (bytes) => ({ count: BigInt(bytes / 4096), shift: 12 }),
  },
  f2fs: {
    magic: [1024, '1020f5f2'],
    write: (buffer, { count, shift = 12 }) => {
      buffer.writeUInt32LE(shift, 1024 + 16);
      buffer.writeBigUInt64LE(count, 1024 + 36);
    },
    sizeOf: (bytes) => ({ count: BigInt(bytes / 4096), shift: 12 }),
  },
};

/** What is at the start of a file system that has so many bytes, or that says something else; without its magic number where told. */
export function fileSystemStart(fileSystem: FileSystem, size: number | Size, nameless = false): Buffer {
  const { magic, write, sizeOf } = layouts[fileSystem];
  const buffer = Buffer.alloc(68 << 10);
  if (!nameless) buffer.write(magic[1], magic[0], 'hex');
  write(buffer, typeof size === 'number' ? sizeOf(size) : size);
  return buffer;
}

const salt = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
const tree = Buffer.alloc(4096, 'tree');

/** The root hash of the tree that hashTree() has. */
export const rootHash = createHash('sha256').update(salt).update(tree).digest('hex');

/** A verity superblock as cryptsetup writes it (lib/verity/verity.c), and the first block of the tree. */
export function hashTree(dataBlocks: bigint): Buffer {
  const superblock = Buffer.alloc(4096);
  superblock.write('verity\0\0');
  superblock.writeUInt32LE(1, 8);
  superblock.writeUInt32LE(1, 12);
  superblock.write('sha256', 32);
  superblock.writeUInt32LE(4096, 64);
  superblock.writeUInt32LE(4096, 68);
  superblock.writeBigUInt64LE(dataBlocks, 72);
  superblock.writeUInt16LE(salt.length, 80);
  salt.copy(superblock, 88);
  return Buffer.concat([superblock, tree]);
}

/** A file of `bytes` bytes with nothing but these parts in it. */
export function writeParts(file: string, bytes: number, parts: readonly (readonly [number, Buffer])[]): void {
  const descriptor = openSync(file, 'w');
  ftruncateSync(descriptor, bytes);
  for (const [at, part] of parts)
    writeSync(descriptor, part, 0, Math.max(0, Math.min(part.length, bytes - at)), at);
  closeSync(descriptor);
}
