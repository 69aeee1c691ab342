/** A test machine's disk, to be damaged: where the parts of the verity-protected /usr are, and bytes written over them. */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';

/** Where the first partition starts. */
const usrStart = 1024 * 1024;
const blockSize = 4096;

/** Offsets in the verity superblock: struct verity_sb of cryptsetup, docs/on-disk-format of it. */
export const superblockFields = {
  magic: 0,
  version: 8,
  algorithm: 32,
  dataBlockSize: 64,
  dataBlocks: 72,
  saltSize: 80,
} as const;

/** Bytes of the disk that a fault can overwrite, by what they are. */
export type Place =
  | { readonly in: 'usr'; readonly offset: number }
  | { readonly in: 'superblock'; readonly field: keyof typeof superblockFields }
  | { readonly in: 'hash tree'; readonly level: 'root' | 'leaf' };

/** Writes `bytes` over a place of the disk. Throws where the disk has no verity superblock behind its /usr. */
export function overwrite(disk: string, place: Place, bytes: Uint8Array): void {
  const descriptor = openSync(disk, 'r+');
  try {
    writeSync(descriptor, bytes, 0, bytes.length, offsetOf(descriptor, place));
  } finally {
    closeSync(descriptor);
  }
}

function offsetOf(descriptor: number, place: Place): number {
  if (place.in === 'usr') return usrStart + place.offset;
  const superblock = findSuperblock(descriptor);
  if (place.in === 'superblock') return superblock + superblockFields[place.field];
  const root = superblock + blockSize;
  return place.level === 'root' ? root : root + blocksAboveLeaves(descriptor, superblock) * blockSize;
}

/** The first block that begins as a verity superblock does. */
function findSuperblock(descriptor: number): number {
  const chunk = Buffer.alloc(4 * 1024 * 1024);
  for (let offset = usrStart; ; offset += chunk.length) {
    const size = readSync(descriptor, chunk, 0, chunk.length, offset);
    if (size === 0) throw new Error('the disk has no verity superblock');
    for (let block = 0; block < size; block += blockSize) {
      if (chunk.toString('latin1', block, block + 8) === 'verity\0\0') return offset + block;
    }
  }
}

/** The tree begins with its root; each block holds the hashes of 128 below it (sha256). */
function blocksAboveLeaves(descriptor: number, superblock: number): number {
  const field = Buffer.alloc(8);
  readSync(descriptor, field, 0, 8, superblock + superblockFields.dataBlocks);
  const leaves = Math.ceil(Number(field.readBigUInt64LE()) / 128);
  let above = 0;
  for (let level = Math.ceil(leaves / 128); ; level = Math.ceil(level / 128)) {
    if (leaves > 1) above += level;
    if (level <= 1) return above;
  }
}
