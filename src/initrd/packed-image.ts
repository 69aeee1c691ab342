/** A packed image's file system, from its superblock. */
import { closeSync, openSync, readSync } from 'node:fs';

export interface PackedImage {
  readonly fileSystem: 'squashfs' | 'erofs';
  /** Bytes that the superblock says it has. */
  readonly size: number;
}

/** Bytes of the file's beginning that hold either superblock. */
const headSize = 2048;

/** Reads the superblock of a file; undefined for what is neither squashfs nor erofs. */
export function readPackedImage(file: string): PackedImage | undefined {
  const head = Buffer.alloc(headSize);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, head, 0, headSize, 0);
  } finally {
    closeSync(descriptor);
  }
  // squashfs 4.0: magic, and bytes_used at 40 (fs/squashfs/squashfs_fs.h).
  if (head.toString('latin1', 0, 4) === 'hsqs')
    return { fileSystem: 'squashfs', size: Number(head.readBigUInt64LE(40)) };
  // erofs: its superblock is at 1024, with blkszbits at 12 and blocks at 36 (fs/erofs/erofs_fs.h).
  const at = 1024;
  if (head.readUInt32LE(at) !== 0xe0f5e1e2) return undefined;
  return { fileSystem: 'erofs', size: head.readUInt32LE(at + 36) * 2 ** head.readUInt8(at + 12) };
}
