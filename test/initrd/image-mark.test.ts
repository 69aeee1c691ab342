/** An image says what it needs from stage 1. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import type { ImageKind } from '../../src/config/image-format.ts';
import { appendMark, formatMark, readMark } from '../../src/initrd/image-mark.ts';

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
