/** One frame of zstd (RFC 8878, 3.1.1), which is all that the kernel reads of a stream (lib/decompress_unzstd.c). */
import type { Input } from '../input.ts';
import { byFrames, type Compression, damaged, readAll } from './compression.ts';

export const zstd: Compression = { name: 'zstd', magic: '28b52ffd', unpack: byFrames(endOfFrame) };

const [runLength, reserved] = [1, 3];

function endOfFrame(input: Input, start: number): number {
  const descriptor = readAll(input, start + 4, 1).readUInt8();
  const checksum = (descriptor & 0x04) === 0 ? 0 : 4;
  for (let position = start + 4 + headerSize(descriptor); ; ) {
    const block = readAll(input, position, 3).readUIntLE(0, 3);
    const [last, type, size] = [(block & 1) === 1, (block >> 1) & 3, block >> 3];
    if (type === reserved) throw damaged(input, `no block of zstd at byte ${position}`);
    position += 3 + (type === runLength ? 1 : size);
    if (!last) continue;
    readAll(input, position - 1, 1 + checksum);
    return position + checksum;
  }
}

/** Bytes of the frame's header: its descriptor, the window, the dictionary's number and the size of the content. */
function headerSize(descriptor: number): number {
  const single = (descriptor & 0x20) !== 0;
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const content = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  return 1 + (single ? 0 : 1) + dictionary + content;
}
