/** lzop's format (lib/decompress_unlzo.c): a header, blocks with their sizes in front, and a size of 0. */
import type { Input } from '../input.ts';
import { byFrames, type Compression, damaged, readAll } from './compression.ts';

export const lzo: Compression = { name: 'lzo', magic: '894c5a4f000d0a1a0a', unpack: byFrames(endOfBlocks) };

const flag = {
  plainAdler: 0x1,
  packedAdler: 0x2,
  extra: 0x40,
  plainCrc: 0x100,
  packedCrc: 0x200,
  filter: 0x800,
};

/** The version that brought a level, a minimal version and 64 bits of time. */
const longHeader = 0x0940;
const largestBlock = 256 * 1024;

function endOfBlocks(input: Input, start: number): number {
  const { position: first, flags } = endOfHeader(input, start);
  const sums = (...bits: readonly number[]) => 4 * bits.filter((bit) => (flags & bit) !== 0).length;
  for (let position = first; ; ) {
    const plain = readAll(input, position, 4).readUInt32BE();
    if (plain === 0) return position + 4;
    const packed = readAll(input, position + 4, 4).readUInt32BE();
    if (plain > largestBlock || packed > plain) throw damaged(input, `no block of lzop at byte ${position}`);
    const packedSums = packed < plain ? sums(flag.packedAdler, flag.packedCrc) : 0;
    position += 8 + sums(flag.plainAdler, flag.plainCrc) + packedSums + packed;
  }
}

function endOfHeader(input: Input, start: number): { readonly position: number; readonly flags: number } {
  const fixed = readAll(input, start + 9, 9);
  const long = fixed.readUInt16BE(0) >= longHeader;
  // Behind the magic: version, library's version, version to extract, method, level; or without the last of each.
  const afterMethod = start + 9 + (long ? 8 : 5);
  const flags = readAll(input, afterMethod, 4).readUInt32BE();
  const filter = (flags & flag.filter) === 0 ? 0 : 4;
  const nameAt = afterMethod + 4 + filter + 4 + (long ? 8 : 4);
  const position = nameAt + 1 + readAll(input, nameAt, 1).readUInt8() + 4;
  if ((flags & flag.extra) === 0) return { position, flags };
  return { position: position + 8 + readAll(input, position, 4).readUInt32BE(), flags };
}
