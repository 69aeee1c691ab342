/** lz4 in its legacy format, the only one that the kernel reads (lib/decompress_unlz4.c, doc/lz4_Frame_format.md of lz4). */
import type { Input } from '../input.ts';
import { byFrames, type Compression, damaged, readAll } from './compression.ts';

const magic = 0x184c2102;

export const lz4: Compression = { name: 'lz4', magic: '02214c18', unpack: byFrames(endOfBlocks) };

/** Bytes of a block when it is decompressed; compressed it may be this much larger (LZ4_compressBound). */
const blockSize = 8 * 1024 * 1024;
const largestBlock = blockSize + Math.floor(blockSize / 255) + 16;

/** Blocks with their sizes in front, up to a size of 0 or the end of the file. */
function endOfBlocks(input: Input, start: number): number {
  for (let position = start; position < input.size; ) {
    const size = position + 4 > input.size ? 0 : readAll(input, position, 4).readUInt32LE();
    if (size === 0) return position;
    if (size === magic) {
      position += 4;
      continue;
    }
    if (size > largestBlock)
      throw damaged(
        input,
        `no block of lz4 at byte ${position}; what comes behind such an archive must begin with four zeros`,
      );
    readAll(input, position + 3 + size, 1);
    position += 4 + size;
  }
  return input.size;
}
