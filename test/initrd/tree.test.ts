import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { InitrdError } from '../../src/errors.ts';
import { withInput } from '../../src/initrd/newc.ts';
import { readTree } from '../../src/initrd/tree.ts';
import { newcEntry as entry, newcArchive, type Raw } from './newc-archive.ts';

const work = mkdtempSync(join(tmpdir(), 'bootrelay-tree-'));
afterAll(() => rmSync(work, { recursive: true }));

function tree(...entries: readonly Raw[]) {
  const file = join(work, 'cpio');
  writeFileSync(file, newcArchive(entries));
  return withInput(file, (input) => readTree(input, 0, ['dev']));
}

const [file, link, directory] = [0o100644, 0o120777, 0o040755];

test('only regular files with several names are hard links, and any of the names may have the data', async () => {
  const entries = await tree(
    { name: 'sl', mode: link, data: '/etc/passwd', inode: 5 },
    { name: 'a', mode: file, inode: 5, links: 2 },
    { name: 'b', mode: file, inode: 5, links: 2, data: 'hello' },
    { name: 'single', mode: file, inode: 5, data: 'other' },
  );
  expect(entries).toMatchObject([
    { path: '', type: 'directory' },
    { path: 'dev', type: 'directory' },
    { path: 'sl', type: 'symlink', target: Buffer.from('/etc/passwd') },
    { path: 'a', type: 'file' },
    { path: 'b', type: 'link', target: 'a' },
    { path: 'single', type: 'file' },
  ]);
  const sizes = entries.flatMap((item) => (item.type === 'file' ? [item.end - item.start] : []));
  expect(sizes).toEqual([5, 5]);
});

test('parents come first, are made where they are missing, and a later entry takes the place of an earlier one', async () => {
  const entries = await tree(
    { name: './usr/lib/x', mode: file },
    { name: 'usr', mode: 0o040700 },
    { name: 'dev', mode: 0o040711 },
    { name: '/usr/lib/x', mode: 0o100600 },
  );
  expect(entries.map(({ path, mode }) => [path, mode.toString(8)])).toEqual([
    ['', '755'],
    ['dev', '711'],
    ['usr', '700'],
    ['usr/lib', '755'],
    ['usr/lib/x', '600'],
  ]);
});

test.each<readonly [string, readonly Raw[], RegExp]>([
  ['a name that leads out', [{ name: '../etc/shadow', mode: file }], /has a file with the name/],
  ['a control character in a name', [{ name: 'a\nb', mode: file }], /has a file with the name/],
  [
    'a file below a link',
    [
      { name: 'l', mode: link, data: '/tmp' },
      { name: 'l/x', mode: file },
    ],
    /l is a symlink, not a directory/,
  ],
  [
    'a name that is not UTF-8',
    [{ name: 'latin1', bytes: Buffer.from([0x61, 0xff]), mode: file }],
    /"aÿ", which must be UTF-8/,
  ],
  ['a link to nothing', [{ name: 'l', mode: link }], /has the link l to nothing/],
  ['a link to nothing before a NUL', [{ name: 'l', mode: link, data: '\0x' }], /has the link l to nothing/],
  [
    'a link that is too long',
    [{ name: 'l', mode: link, data: 'x'.repeat(5000) }],
    /link l to a name of 5000 bytes/,
  ],
  ['a socket', [{ name: 's', mode: 0o140644 }], /no file, directory, link/],
  ['a name without end', [{ name: 'x'.repeat(5000), mode: directory }], /a name of 5001 bytes/],
])('%s is refused', async (_, entries, message) => {
  await expect(tree(...entries)).rejects.toThrow(message);
});

test('any bytes are a tree or refused, in finite time', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.boolean(), async (bytes, header) => {
      const data = header ? Buffer.concat([Buffer.from('070701'), bytes]) : Buffer.from(bytes);
      writeFileSync(join(work, 'any'), data);
      await withInput(join(work, 'any'), (input) => readTree(input, 0, [])).catch((error) => {
        expect(error.name).toBe('InitrdError');
      });
    }),
  );
});

test('whatever an archive holds, it becomes a tree of paths below the root or is refused', async () => {
  const name = fc.oneof(
    fc.constantFrom('../x', '/abs', 'a/../../b', '.', '', './a', 'a//b', 'TRAILER!!', 'a\u0000b'),
    fc.string({ maxLength: 20 }),
  );
  const entries = fc.array(
    fc.record({
      name,
      mode: fc.constantFrom(file, link, directory, 0o060644, 0o140000, 0),
      data: fc.constantFrom('', 'data', '../../../etc/passwd', '/etc'),
      inode: fc.nat(3),
      links: fc.nat(3),
    }),
    { maxLength: 6 },
  );
  const damage = fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(entries, damage, fc.nat(3000), async (list, changes, cut) => {
      const path = join(work, 'hostile');
      const bytes = Buffer.concat([...list, { name: 'TRAILER!!!', mode: 0 }].map((raw) => entry(raw)));
      for (const [offset, value] of changes) if (offset < bytes.length) bytes[offset] = value;
      writeFileSync(path, cut > 2000 ? bytes : bytes.subarray(0, cut));
      try {
        const read = await withInput(path, (input) => readTree(input, 0, ['dev']));
        for (const { path: name } of read) expect(name).not.toMatch(/^\/|(^|\/)\.\.?(\/|$)|\p{Cc}/u);
      } catch (error) {
        expect(error).toBeInstanceOf(InitrdError);
      }
    }),
    { numRuns: 1500 },
  );
});
