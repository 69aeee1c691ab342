import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { findSegments } from '../../src/initrd/segments.ts';

const work = mkdtempSync(join(tmpdir(), 'bootrelay-test-'));
afterAll(() => rmSync(work, { recursive: true }));

/** A newc entry as the kernel's buffer format has it. */
function entry(name: string, data = ''): Buffer {
  const fields = [1, 0o100644, 0, 0, 1, 0, data.length, 0, 0, 0, 0, name.length + 1, 0];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}${name}\0`;
  return Buffer.concat([pad(Buffer.from(header)), pad(Buffer.from(data))]);
}

function pad(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

const cpio = (...entries: readonly Buffer[]) => Buffer.concat([...entries, entry('TRAILER!!!')]);
const early = cpio(
  entry('kernel'),
  entry('early_cpio', '1'),
  entry('kernel/x86/microcode/GenuineIntel.bin', 'micro'),
);
const main = cpio(entry('init', 'hello'));
const zeros = Buffer.alloc(512);

async function segmentsOf(...pieces: readonly Buffer[]) {
  const file = join(work, 'initrd');
  writeFileSync(file, Buffer.concat(pieces));
  const segments = await findSegments(file);
  return segments.map(({ compression, early: isEarly }) => `${isEarly ? 'early ' : ''}${compression}`);
}

test.each([
  ['one plain cpio', [main], ['none']],
  ['one compressed', [gzipSync(main)], ['gzip']],
  ['early cpio and compressed', [early, zeros, gzipSync(main)], ['early none', 'gzip']],
  [
    'two early cpios and compressed',
    [early, early, zeros, gzipSync(main)],
    ['early none', 'early none', 'gzip'],
  ],
  ['early and plain cpio', [early, zeros, main], ['early none', 'none']],
  ['zeros at both ends', [zeros, main, zeros], ['none']],
])('%s', async (_, pieces, expected) => {
  expect(await segmentsOf(...pieces)).toEqual(expected);
});

test.each([
  ['an empty file', [], /is empty/],
  ['only zeros', [zeros], /is empty/],
  ['text', [Buffer.from('hello world')], /not an initrd/],
  ['a cpio that is cut off', [main.subarray(0, main.length - 60)], /cut off/],
  ['a cpio without its trailer', [entry('init', 'hello')], /cut off|damaged/],
  ['garbage behind an early cpio', [early, Buffer.from('garbage')], /known compression at byte/],
])('%s is refused', async (_, pieces, message) => {
  await expect(segmentsOf(...pieces)).rejects.toThrow(message);
});

test('any bytes are segments or refused, in finite time', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.boolean(), async (bytes, withHeader) => {
      const pieces = [...(withHeader ? [entry('a', 'b')] : []), Buffer.from(bytes)];
      try {
        expect((await segmentsOf(...pieces)).length).toBeGreaterThan(0);
      } catch (error) {
        expect((error as Error).name).toBe('InitrdError');
      }
    }),
  );
});
