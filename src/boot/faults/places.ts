/** A test machine's disk, to be damaged: where the parts of the verity-protected /usr are, and bytes written over them. */
import { closeSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Where the first partition starts. */
const usrStart = 1024 * 1024;
const blockSize = 4096;

/** Offsets in the verity superblock: struct verity_sb of cryptsetup, docs/on-disk-format of it. */
const superblockFields = {
  magic: 0,
  version: 8,
  hashType: 12,
  algorithm: 32,
  dataBlockSize: 64,
  hashBlockSize: 68,
  dataBlocks: 72,
  saltSize: 80,
} as const;

/** A block of the disk, or bytes in one, by what they are. */
export type Place =
  | { readonly in: 'usr'; readonly offset: number }
  | { readonly in: 'superblock'; readonly field: keyof typeof superblockFields }
  | { readonly in: 'hash tree'; readonly level: 'root' | 'leaf' }
  /** The first block of the full-initrd image, or what is behind it where it is stored in one piece. */
  | { readonly in: 'image'; readonly offset?: number }
  /** The first block of a file of the sysroot, where the file system of /usr stores it as it is. */
  | { readonly in: 'content of'; readonly file: string };

/** What a disk was made of. */
export interface DiskSources {
  readonly sysroot: string;
  /** The packed full initrd; none for FullInitrd.Source=usr. */
  readonly image: string | undefined;
  /** The bytes where /usr starts, and from where on its verity superblock is looked for; by default the first MiB. */
  readonly starts?: { readonly usr: number; readonly superblock: number };
}

/** Writes `bytes` over a place of the disk. Throws where the disk does not have it. */
export function overwrite(disk: string, place: Place, bytes: Uint8Array, sources: DiskSources): void {
  const descriptor = openSync(disk, 'r+');
  try {
    writeSync(descriptor, bytes, 0, bytes.length, offsetOf(descriptor, place, sources));
  } finally {
    closeSync(descriptor);
  }
}

/** Bytes from the start of the disk to a place. Throws where the disk does not have it. */
export function placeOnDisk(disk: string, place: Place, sources: DiskSources): number {
  const descriptor = openSync(disk, 'r');
  try {
    return offsetOf(descriptor, place, sources);
  } finally {
    closeSync(descriptor);
  }
}

function offsetOf(descriptor: number, place: Place, { sysroot, image, starts }: DiskSources): number {
  const superblockStart = starts?.superblock ?? usrStart;
  switch (place.in) {
    case 'usr':
      return (starts?.usr ?? usrStart) + place.offset;
    case 'image':
      return (
        findBlock(descriptor, readFileSync(image ?? ''), 'the image of the full initrd') + (place.offset ?? 0)
      );
    case 'content of':
      return findBlock(descriptor, readFileSync(join(sysroot, place.file)), place.file);
    case 'superblock':
      return findSuperblock(descriptor, superblockStart) + superblockFields[place.field];
    case 'hash tree': {
      const superblock = findSuperblock(descriptor, superblockStart);
      const root = superblock + blockSize;
      return place.level === 'root' ? root : root + blocksAboveLeaves(descriptor, superblock) * blockSize;
    }
  }
}

function findSuperblock(descriptor: number, start: number): number {
  return findBlock(descriptor, Buffer.from('verity\0\0'), 'a verity superblock', start);
}

/** Files that begin alike are told apart by as many bytes. */
const compared = 65536;

/** The first block from `start` on that begins as `content` does: `what`. */
function findBlock(descriptor: number, content: Buffer, what: string, start = usrStart): number {
  const beginning = content.subarray(0, compared);
  const chunk = Buffer.alloc(4 * 1024 * 1024);
  for (let offset = start; ; offset += chunk.length) {
    const size = readSync(descriptor, chunk, 0, chunk.length, offset);
    if (size === 0) throw new Error(`the disk does not have ${what} as it is`);
    for (let block = 0; block < size; block += blockSize) {
      const first = beginning.subarray(0, blockSize);
      if (!chunk.subarray(block, block + first.length).equals(first)) continue;
      if (readAt(descriptor, offset + block, beginning.length).equals(beginning)) return offset + block;
    }
  }
}

function readAt(descriptor: number, offset: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  return buffer.subarray(0, readSync(descriptor, buffer, 0, length, offset));
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
