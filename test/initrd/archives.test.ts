import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { withInitrd } from '../../src/initrd/archives.ts';
import { makeTree } from '../../src/initrd/tree.ts';
import { newcArchive as cpio, newcEntry as entry, type Raw } from './newc-archive.ts';

const work = mkdtempSync(join(tmpdir(), 'bootrelay-test-'));
afterAll(() => rmSync(work, { recursive: true }));

const file = (name: string, data = ''): Raw => ({ name, data, mode: 0o100644 });
const directory = (name: string): Raw => ({ name, mode: 0o040755 });
const early = cpio([
  directory('kernel'),
  directory('kernel/x86'),
  file('early_cpio', '1'),
  file('kernel/x86/ucode.bin', 'micro'),
]);
const main = cpio([file('init', 'hello')]);
const more = cpio([file('more', 'more')]);
const zeros = Buffer.alloc(512);

/** What each kind of compression makes of bytes, by its own program. */
const compressors: Readonly<Record<string, readonly string[]>> = {
  zstd: ['zstd', '-qc'],
  'zstd with a checksum': ['zstd', '-qc', '--check'],
  'zstd in many blocks': ['zstd', '-qc', '--no-check', '-1'],
  gzip: ['gzip', '-c'],
  'gzip -n': ['gzip', '-nc'],
  xz: ['xz', '--check=crc32', '-c'],
  lzma: ['xz', '--format=lzma', '-c'],
  bzip2: ['bzip2', '-c'],
  lz4: ['lz4', '-lqc'],
};

function compress(how: string, bytes: Buffer): Buffer {
  const [program = '', ...args] = compressors[how] ?? [];
  return execFileSync(program, args, { input: bytes, maxBuffer: 2 ** 28 });
}

function write(...pieces: readonly Buffer[]): string {
  const path = join(work, 'initrd');
  writeFileSync(path, Buffer.concat(pieces));
  return path;
}

/** Fills up to a multiple of 4, as a writer of initrds does. */
const to4 = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);

async function archivesOf(...pieces: readonly Buffer[]): Promise<readonly string[]> {
  return withInitrd(write(...pieces), { work }, ({ archives }) =>
    archives.map(({ compression, early: isEarly }) => `${isEarly ? 'early ' : ''}${compression}`),
  );
}

async function namesOf(...pieces: readonly Buffer[]): Promise<readonly string[]> {
  return withInitrd(write(...pieces), { work }, ({ archives }) =>
    makeTree(archives)
      .entries.map(({ path }) => path)
      .filter((path) => path !== ''),
  );
}

const withoutTrailer = entry(file('init', 'hello'));

test.each([
  ['one plain cpio', [main], ['none']],
  ['one compressed', [gzipSync(main)], ['gzip']],
  ['early cpio and compressed', [early, zeros, gzipSync(main)], ['early none', 'gzip']],
  ['two early cpios', [early, early, zeros, gzipSync(main)], ['early none', 'early none', 'gzip']],
  ['early and plain cpio', [early, zeros, main], ['early none', 'none']],
  ['zeros at both ends', [zeros, main, zeros], ['none']],
  [
    'a compressed one behind a compressed one, no zeros between',
    [gzipSync(main), gzipSync(more)],
    ['gzip', 'gzip'],
  ],
  ['a cpio without its trailer', [withoutTrailer], ['none']],
  ['zeros instead of a trailer, and one more', [withoutTrailer, zeros, more], ['none', 'none']],
  ['a compressed one behind one without a trailer', [withoutTrailer, gzipSync(more)], ['none', 'gzip']],
  ['two cpios in one stream', [gzipSync(Buffer.concat([main, zeros, more]))], ['gzip', 'gzip']],
])('%s', async (_, pieces, expected) => {
  expect(await archivesOf(...pieces)).toEqual(expected);
});

const kinds = Object.keys(compressors);
/** Bytes that no compressor makes smaller, and that are the same in each run. */
const random = Buffer.alloc(300_000);
for (let index = 0, state = 1; index < random.length; index += 1) {
  state = (state * 48271) % 2147483647;
  random[index] = state >> 8;
}
const large = cpio([file('init', 'hello'), { ...file('large'), data: random }]);

test.each(kinds)('%s: what comes behind a stream is found, with zeros between or without', async (how) => {
  const stream = compress(how, large);
  // Behind lz4 only zeros tell the end of a stream from one more block.
  const direct =
    how === 'lz4'
      ? []
      : [
          [stream, compress('zstd', more)],
          [early, stream, compress('xz', more)],
        ];
  const layouts = [
    [stream, zeros],
    [to4(stream), Buffer.alloc(4), more],
    [stream, zeros, compress(how, more)],
    ...direct,
  ];
  expect(await namesOf(stream)).toEqual(['init', 'large']);
  for (const [index, layout] of layouts.entries()) {
    const names = await namesOf(...layout);
    expect([index, ...names.filter((name) => !name.startsWith('kernel') && name !== 'early_cpio')]).toEqual(
      index === 0 ? [0, 'init', 'large'] : [index, 'init', 'large', 'more'],
    );
  }
});

test.each(kinds)(
  '%s: a stream that is cut off is refused, with its number and the byte where it begins',
  async (how) => {
    const stream = compress(how, large);
    for (const length of [stream.length - 1, stream.length - 9, 1000, 12]) {
      const refused = namesOf(early, stream.subarray(0, length));
      await expect(refused).rejects.toThrow(
        new RegExp(`(is cut off|is not an initrd).*\\(archive 2, which begins at byte ${early.length}\\)`),
      );
    }
  },
);

test.each([
  ['an empty file', [], /is empty/],
  ['only zeros', [zeros], /is empty/],
  ['text', [Buffer.from('hello world')], /not an initrd/],
  [
    'a cpio that is cut off in its data',
    [withoutTrailer.subarray(0, withoutTrailer.length - 6)],
    /is cut off in the entry "init" at byte 0 \(archive 1, which begins at byte 0\)/,
  ],
  [
    'a cpio that is cut off in a header',
    [main.subarray(0, main.length - 60)],
    /is cut off in the cpio entry at byte 124 \(archive 1,/,
  ],
  [
    'garbage behind an early cpio',
    [early, Buffer.from('garbage!')],
    new RegExp(`neither a newc cpio .* at byte ${early.length} \\(archive 2,`),
  ],
  [
    'a name without an end',
    [Buffer.from(main.toString('latin1').replace('init\0', 'initx'), 'latin1')],
    /without the byte 0 at its end at byte 0/,
  ],
  [
    'a cpio at no multiple of 4',
    [
      gzipSync(Buffer.concat([main, zeros])),
      Buffer.alloc(3 - ((gzipSync(Buffer.concat([main, zeros])).length + 2) % 4)),
      more,
    ],
    /archive 2 at byte \d+, which is no multiple of 4/,
  ],
  ['lz4 in its frame format', [Buffer.from('04224d18000000000000', 'hex')], /no kernel unpacks/],
  ['a skippable frame of zstd', [Buffer.from('502a4d1804000000aaaaaaaa', 'hex')], /no kernel unpacks/],
  [
    'something in a stream that is no cpio',
    [gzipSync(Buffer.concat([main, Buffer.from('junk')]))],
    /with its gzip unpacked, has something at byte \d+ that is no newc cpio \(archive 1/,
  ],
  ['nothing in a stream', [gzipSync(Buffer.alloc(0))], /is empty/],
  ['an old cpio', [Buffer.from(`070707${'0'.repeat(200)}`)], /not an initrd/],
])('%s is refused', async (_, pieces, message) => {
  await expect(archivesOf(...pieces)).rejects.toThrow(message);
});

test('checksums of 070702 count', async () => {
  const [right, wrong] = [532, 1].map((sum) => cpio([{ ...file('init', 'hello'), sum }]));
  expect(await namesOf(right as Buffer)).toEqual(['init']);
  await expect(namesOf(wrong as Buffer)).rejects.toThrow(
    /checksum of "init" at byte 0 is 1, and its data have 532/,
  );
});

test.each([0, 7, 3900])('%s zeros behind a name are none of it', async (count) => {
  expect(await namesOf(cpio([{ ...file('init', 'x'), zeros: count }]))).toEqual(['init']);
  expect(await archivesOf(cpio([{ ...directory('kernel'), zeros: count }]), main)).toEqual([
    'early none',
    'none',
  ]);
});

const bootconfig = (text: string, sum = Buffer.from(text).reduce((total, byte) => total + byte, 0)) => {
  const numbers = Buffer.alloc(8);
  numbers.writeUInt32LE(text.length, 0);
  numbers.writeUInt32LE(sum, 4);
  return Buffer.concat([Buffer.from(text), numbers, Buffer.from('#BOOTCONFIG\n')]);
};

test.each([0, 1, 2, 3])('a bootconfig is behind all archives, with %s zeros behind it', async (count) => {
  const path = write(gzipSync(main), bootconfig('kernel.quiet\n\0\0\0'), Buffer.alloc(count));
  expect(
    await withInitrd(path, { work }, ({ texts, archives }) => [texts.get('bootconfig'), archives.length]),
  ).toEqual(['kernel.quiet\n', 1]);
});

test('a bootconfig that the kernel would not take is refused', async () => {
  await expect(archivesOf(main, bootconfig('a', 1))).rejects.toThrow(/damaged bootconfig: its checksum is 1/);
  await expect(archivesOf(bootconfig('a').subarray(1))).rejects.toThrow(
    /a bootconfig of 1 bytes, more than the file has/,
  );
});

test('any bytes are archives or refused, in finite time', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.boolean(), async (bytes, withHeader) => {
      const pieces = [...(withHeader ? [entry(file('a', 'b'))] : []), Buffer.from(bytes)];
      try {
        expect((await archivesOf(...pieces)).length).toBeGreaterThan(0);
      } catch (error) {
        expect((error as Error).name).toBe('InitrdError');
      }
    }),
  );
});

test('a byte of a stream that is another: what it was, or refused', async () => {
  const streams = kinds.map((how) => compress(how, main));
  await fc.assert(
    fc.asyncProperty(fc.nat(kinds.length - 1), fc.nat(200), fc.nat(255), async (kind, at, value) => {
      const bytes = Buffer.from(streams[kind] as Buffer);
      bytes[at % bytes.length] = value;
      try {
        await namesOf(bytes);
      } catch (error) {
        expect((error as Error).name).toBe('InitrdError');
      }
    }),
    { numRuns: 60 },
  );
});
