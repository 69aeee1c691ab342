/** One stream of bzip2 (lib/decompress_bunzip2.c): its last block begins at any bit with a number of 48 bits, its checksum of 32 is behind. */
import { type Input, read } from '../input.ts';
import { byFrames, type Compression, damaged } from './compression.ts';

export const bzip2: Compression = { name: 'bzip2', magic: '425a68', unpack: byFrames(endOfStream) };

/** The square root of pi, in decimal digits. */
const endMark = 0x177245385090n;
const [markBits, checksumBits] = [48, 32];

function endOfStream(input: Input, start: number): number {
  const bytes = read(input, start, input.size - start);
  const ends = Array.from({ length: 8 }, (_, shift) => endWithShift(bytes, shift));
  const end = Math.min(...ends);
  if (end === Number.POSITIVE_INFINITY || end > bytes.length)
    throw damaged(input, 'the end of the stream is not there');
  return start + end;
}

/** Where the stream ends if its mark begins `shift` bits into a byte: the whole bytes of the mark are searched. */
function endWithShift(bytes: Buffer, shift: number): number {
  const wide = Buffer.alloc(8);
  wide.writeBigUInt64BE(endMark << BigInt(64 - markBits - shift));
  const [first, last] = shift === 0 ? [0, 6] : [1, 6];
  const middle = wide.subarray(first, last);
  for (let found = bytes.indexOf(middle, first); found >= 0; found = bytes.indexOf(middle, found + 1)) {
    const at = found - first;
    if (sameBits(bytes, at, wide, shift)) return at + Math.ceil((shift + markBits + checksumBits) / 8);
  }
  return Number.POSITIVE_INFINITY;
}

/** Whether the bits of the mark in its first and last byte agree too. */
function sameBits(bytes: Buffer, at: number, wide: Buffer, shift: number): boolean {
  if (shift === 0) return true;
  const [front, back] = [0xff >> shift, (0xff << (8 - shift)) & 0xff];
  return (
    ((bytes[at] ?? 0) & front) === ((wide[0] ?? 0) & front) &&
    ((bytes[at + 6] ?? 0) & back) === ((wide[6] ?? 0) & back)
  );
}
