/** The root hash of a dm-verity hash tree that is there: veritysetup's superblock, and the block at the top of the tree. */
import { createHash } from 'node:crypto';
import { UsageError } from '../errors.ts';
import { type Input, read } from './input.ts';

const magic = Buffer.from('verity\0\0');
const superblockSize = 512;

interface Superblock {
  readonly algorithm: string;
  readonly dataBlockSize: number;
  readonly hashBlockSize: number;
  readonly dataBlocks: number;
  readonly salt: Buffer;
}

/** The bytes of an input that are /usr, by default all; where in them the superblock is, by default where it follows from the data. */
export interface TreePlace {
  readonly start?: number;
  readonly end?: number;
  readonly offset?: number | undefined;
}

/**
 * The root hash of the /usr in `input`, a file or partition with a hash tree behind its data, or with a hash tree alone.
 * Throws UsageError where there is none (cryptsetup's wiki, DMVerity, has the format).
 */
export function rootHashOfTree(
  input: Input,
  { start = 0, end = input.size, offset }: TreePlace = {},
): string {
  for (const at of offset === undefined ? placesOfMagic(input, start, end) : [start + offset]) {
    const superblock = readSuperblock(read(input, at, superblockSize));
    if (!superblock || (offset === undefined && !fits(superblock, at - start))) continue;
    const { algorithm, hashBlockSize, salt } = superblock;
    const begin = start + roundUp(at - start + superblockSize, hashBlockSize);
    const top = read(input, begin, hashBlockSize);
    if (top.length < hashBlockSize || begin + hashBlockSize > end)
      throw new UsageError(`${input.name} is cut off behind the superblock of its hash tree`);
    return createHash(algorithm).update(salt).update(top).digest('hex');
  }
  throw new UsageError(
    `${input.name} has no hash tree of dm-verity with a superblock: a /usr with its hash tree behind it is required, or the hash tree alone`,
  );
}

/** The tree is alone, or begins right behind its data: there may be another one in a file of them. */
function fits({ dataBlocks, dataBlockSize }: Superblock, offset: number): boolean {
  return offset === 0 || roundUp(dataBlocks * dataBlockSize, step) === offset;
}

const step = 4096;
const chunk = 1024 * 1024;

function* placesOfMagic(input: Input, start: number, end: number): Generator<number> {
  for (let from = start; from < end; from += chunk) {
    const bytes = read(input, from, Math.min(chunk, end - from));
    for (let at = 0; at < bytes.length; at += step)
      if (bytes.subarray(at, at + magic.length).equals(magic)) yield from + at;
  }
}

const algorithms = ['sha256', 'sha512', 'sha1', 'sha384', 'sha224'];

function readSuperblock(bytes: Buffer): Superblock | undefined {
  if (bytes.length < superblockSize || bytes.readUInt32LE(8) !== 1 || bytes.readUInt32LE(12) !== 1)
    return undefined;
  const algorithm = bytes.toString('latin1', 32, 64).replace(/\0.*$/s, '');
  const [dataBlockSize, hashBlockSize] = [bytes.readUInt32LE(64), bytes.readUInt32LE(68)];
  const salt = bytes.subarray(88, 88 + Math.min(256, bytes.readUInt16LE(80)));
  if (!algorithms.includes(algorithm) || hashBlockSize < 512) return undefined;
  return { algorithm, dataBlockSize, hashBlockSize, dataBlocks: Number(bytes.readBigUInt64LE(72)), salt };
}

function roundUp(size: number, unit: number): number {
  return Math.ceil(size / unit) * unit;
}
