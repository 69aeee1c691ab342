/** One member of gzip (RFC 1952), which is all that the kernel reads of a stream (lib/decompress_inflate.c). */
import { createReadStream, createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';
import { InitrdError } from '../../errors.ts';
import { type Input, read } from '../input.ts';
import { type Compression, damaged, readAll, type Stream } from './compression.ts';

export const gzip: Compression = { name: 'gzip', magic: '1f8b08', unpack };

const [fixedHeader, trailer] = [10, 8];

async function unpack({ file, input, start, output, limit }: Stream): Promise<number> {
  const first = endOfHeader(input, start);
  const inflate = createInflateRaw();
  try {
    await pipeline(
      createReadStream(file, { start: first }),
      inflate,
      countUpTo(limit, input.name),
      createWriteStream(output),
    );
  } catch (error) {
    if (error instanceof InitrdError) throw error;
    throw damaged(input, error instanceof Error ? error.message : String(error));
  }
  const end = first + inflate.bytesWritten;
  readAll(input, end, trailer);
  return end + trailer;
}

/** Passes content on until there is more than `limit` bytes of it. */
function countUpTo(limit: number, name: string): Transform {
  let size = 0;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      size += chunk.length;
      const tooMany = new InitrdError(
        `${name} has more than ${limit} bytes when it is decompressed: it is no initrd`,
      );
      if (size > limit) done(tooMany);
      else done(null, chunk);
    },
  });
}

/** Bits of the header's flags: what follows its ten bytes. */
const [headerChecksum, extraField, fileName, comment] = [0x02, 0x04, 0x08, 0x10];

function endOfHeader(input: Input, start: number): number {
  const flags = readAll(input, start + 3, 1).readUInt8();
  let position = start + fixedHeader;
  if (flags & extraField) position += 2 + readAll(input, position, 2).readUInt16LE();
  for (const field of [fileName, comment]) if (flags & field) position = behindText(input, position);
  return position + (flags & headerChecksum ? 2 : 0);
}

function behindText(input: Input, position: number): number {
  const longest = 65536;
  const length = read(input, position, longest).indexOf(0);
  if (length < 0) throw damaged(input, 'a name without end in its header');
  return position + length + 1;
}
