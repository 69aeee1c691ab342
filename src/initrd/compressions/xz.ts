/** xz and the older lzma: xz(1) itself stops behind one stream and leaves the rest of its standard input unread. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { run } from '../../tools/run.ts';
import { asInitrdError, type Compression, type Stream } from './compression.ts';

export const xz: Compression = { name: 'xz', magic: 'fd377a585a00', unpack: unpackAs('xz') };
export const lzma: Compression = { name: 'lzma', magic: '5d0000', unpack: unpackAs('lzma') };

function unpackAs(format: 'xz' | 'lzma'): Compression['unpack'] {
  return async (stream) => {
    const descriptor = openSync(stream.file, 'r');
    try {
      readOn(descriptor, stream.start);
      await asInitrdError(stream, () => decompress(format, descriptor, stream));
      return fstatSync(descriptor).size - readOn(descriptor, Number.POSITIVE_INFINITY);
    } finally {
      closeSync(descriptor);
    }
  };
}

function decompress(format: string, inputDescriptor: number, { output, limit }: Stream): Promise<string> {
  const args = [`--format=${format}`, '--decompress', '--stdout', '--single-stream', '--quiet'];
  return run({ program: 'xz', args }, { inputDescriptor, outputFile: output, outputLimit: limit });
}

/** Reads up to `length` bytes from where the descriptor is, and gives how many there were: a place that xz shares with us. */
function readOn(descriptor: number, length: number): number {
  const buffer = Buffer.alloc(1024 * 1024);
  for (let done = 0; ; ) {
    const count = readSync(descriptor, buffer, 0, Math.min(buffer.length, length - done), null);
    done += count;
    if (count === 0 || done >= length) return done;
  }
}
