/** A platform refuses an image that needs something else from stage 1. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { configure, load } from '../config/platform-files.ts';
import { findingsOf } from './findings-of.ts';

const work = mkdtempSync(join(tmpdir(), 'bootrelay-image-'));
afterAll(() => rmSync(work, { recursive: true }));
const image = join(work, 'image');

/** As much of a squashfs as is looked at: 4096 bytes, of which it says that it has 4000. */
const squashfs = Buffer.alloc(4096);
squashfs.write('hsqs');
squashfs.writeBigUInt64LE(4000n, 40);

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
])('%s: %#', async (source, content, expected) => {
  writeFileSync(image, content);
  const config = configure('FullInitrd.FileSystem=squashfs', ...sources[source]);
  const findings = await findingsOf('image-fits', config, { image });
  if (!expected) expect(findings).toEqual([]);
  else {
    const [kind, setting, message] = expected;
    expect(findings).toMatchObject([{ kind, setting, message: expect.stringMatching(message) }]);
  }
});

test('the finding is of the line that asks for another image', async () => {
  const text =
    '[Usr]\nDevice=PARTLABEL=USR-A\n\n[FullInitrd]\nFileSystem=squashfs\nSource=thin\nThin=links\n';
  const { config } = load({ 'p/test.ini': text });
  if (!config) throw new Error('the platform has errors');
  writeFileSync(image, marked('overlay'));
  expect(await findingsOf('image-fits', config, { image })).toMatchObject([{ file: 'p/test.ini', line: 7 }]);
  writeFileSync(image, marked('whole'));
  expect(await findingsOf('image-fits', config, { image })).toMatchObject([{ file: 'p/test.ini', line: 6 }]);
  expect(await findingsOf('image-compared', config, { sysroot: '/' })).toMatchObject([
    { kind: 'image-not-checked', severity: 'warning', file: 'p/test.ini', line: 6 },
  ]);
  expect(await findingsOf('image-compared', configure(), { sysroot: '/' })).toEqual([]);
});
