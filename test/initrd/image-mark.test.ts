/** An image says what it needs from stage 1, and a platform that does otherwise refuses it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { checkPackedImage, imageNotChecked } from '../../src/check/image.ts';
import type { ImageKind } from '../../src/config/image-format.ts';
import { appendMark, formatMark, readMark } from '../../src/initrd/image-mark.ts';
import { configure, load } from '../config/platform-files.ts';

const work = mkdtempSync(join(tmpdir(), 'bootrelay-mark-'));
afterAll(() => rmSync(work, { recursive: true }));
const image = join(work, 'image');

/** As much of a squashfs as is looked at: 4096 bytes, of which it says that it has 4000. */
const squashfs = Buffer.alloc(4096);
squashfs.write('hsqs');
squashfs.writeBigUInt64LE(4000n, 40);

test.each<readonly [ImageKind, string]>([
  ['whole', 'bootrelay-image 1 whole'],
  ['overlay', 'bootrelay-image 1 overlay'],
  ['links', 'bootrelay-image 1 links'],
])('%s: one sector whose last 64 bytes are text that a shell can read', (kind, text) => {
  writeFileSync(image, squashfs);
  appendMark(image, kind);
  const mark = formatMark(kind);
  expect(mark).toHaveLength(512);
  expect(mark.subarray(0, 448).every((byte) => byte === 0)).toBe(true);
  expect(mark.toString('latin1', 448)).toBe(`${text.padEnd(63)}\n`);
  expect(readMark(image)).toEqual({ format: '1', kind });
});

test.each([
  ['empty', Buffer.alloc(0)],
  ['shorter than a mark', Buffer.from('bootrelay-image 1 whole\n')],
  ['cut off in its mark', Buffer.concat([squashfs, formatMark('whole').subarray(0, 511)])],
  ['with something behind its mark', Buffer.concat([squashfs, formatMark('whole'), Buffer.alloc(512)])],
  [
    'with other text',
    Buffer.concat([squashfs, Buffer.from(`${'bootrelay-image 1 whole more'.padEnd(63)}\n`)]),
  ],
  ['with control characters', Buffer.from(`${'bootrelay-image 1 \u001b[2J'.padEnd(63)}\n`)],
])('a file that is %s has no mark', (_, content) => {
  writeFileSync(image, content);
  expect(readMark(image)).toBeUndefined();
});

const marked = (kind: string, format = '1') =>
  Buffer.concat([squashfs, Buffer.from(`${`bootrelay-image ${format} ${kind}`.padEnd(63)}\n`)]);

const sources = {
  whole: [],
  overlay: ['FullInitrd.Source=thin'],
  links: ['FullInitrd.Source=thin', 'FullInitrd.Thin=links'],
} as const;

test.each<
  readonly [keyof typeof sources, Buffer, readonly [kind: string, setting: string, words: RegExp] | undefined]
>([
  ['whole', marked('whole'), undefined],
  ['overlay', marked('overlay'), undefined],
  ['links', marked('links'), undefined],
  ['whole', marked('overlay'), ['image-unfit', 'FullInitrd.Source', /packed as whole, and .* as overlay$/]],
  ['whole', marked('links'), ['image-unfit', 'FullInitrd.Source', /packed as whole, and .* as links$/]],
  ['overlay', marked('whole'), ['image-unfit', 'FullInitrd.Source', /packed as overlay, and .* as whole$/]],
  ['links', marked('whole'), ['image-unfit', 'FullInitrd.Source', /packed as links, and .* as whole$/]],
  ['links', marked('overlay'), ['image-unfit', 'FullInitrd.Thin', /packed as links, and .* as overlay$/]],
  ['overlay', marked('links'), ['image-unfit', 'FullInitrd.Thin', /packed as overlay, and .* as links$/]],
  ['whole', marked('whole', '2'), ['image-unfit', 'FullInitrd.Source', /of format 1, and is of format 2$/]],
  ['whole', marked('sparse'), ['image-unfit', 'FullInitrd.Source', /was packed as sparse$/]],
  ['whole', squashfs, ['image-unmarked', 'FullInitrd.Source', /taken for a whole image$/]],
  ['overlay', squashfs, ['image-unfit', 'FullInitrd.Source', /does not say what it is$/]],
  ['links', squashfs, ['image-unfit', 'FullInitrd.Source', /does not say what it is$/]],
  ['whole', squashfs.subarray(0, 3000), ['image-unfit', 'FullInitrd.FileSystem', /cut off$/]],
])('%s: %#', (source, content, expected) => {
  writeFileSync(image, content);
  const config = configure('FullInitrd.FileSystem=squashfs', ...sources[source]);
  const findings = checkPackedImage(image, config);
  if (!expected) expect(findings).toEqual([]);
  else {
    const [kind, setting, message] = expected;
    expect(findings).toMatchObject([{ kind, setting, message: expect.stringMatching(message) }]);
  }
});

test('the finding is of the line of the setting that needs another image', () => {
  const text =
    '[Usr]\nDevice=PARTLABEL=USR-A\n\n[FullInitrd]\nFileSystem=squashfs\nSource=thin\nThin=links\n';
  const { config } = load({ 'p/test.ini': text });
  if (!config) throw new Error('the platform has errors');
  writeFileSync(image, marked('overlay'));
  expect(checkPackedImage(image, config)).toMatchObject([{ file: 'p/test.ini', line: 7 }]);
  writeFileSync(image, marked('whole'));
  expect(checkPackedImage(image, config)).toMatchObject([{ file: 'p/test.ini', line: 6 }]);
  expect(imageNotChecked(config)).toMatchObject([
    { kind: 'image-not-checked', severity: 'warning', file: 'p/test.ini', line: 6 },
  ]);
  expect(imageNotChecked(configure())).toEqual([]);
});
