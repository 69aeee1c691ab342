import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { InitrdError } from '../../src/errors.ts';
import { withInitrd } from '../../src/initrd/archives.ts';
import { readRange } from '../../src/initrd/input.ts';
import { makeTree } from '../../src/initrd/tree.ts';
import type { TreeEntry } from '../../src/initrd/tree-entry.ts';
import { newcEntry as entry, newcArchive, type Raw } from './newc-archive.ts';

const work = mkdtempSync(join(tmpdir(), 'bootrelay-tree-'));
afterAll(() => rmSync(work, { recursive: true }));

/** The tree of archives, one behind the other, with `dev` in it; each with a trailer. */
function treeOf(...archives: readonly (readonly Raw[])[]) {
  const file = join(work, 'cpio');
  writeFileSync(file, Buffer.concat(archives.map(newcArchive)));
  return withInitrd(file, { work }, (initrd) => {
    const { entries, lost } = makeTree(initrd.archives, ['dev']);
    return { lost, lines: entries.map(lineOf) };
  });
}

const tree = async (...entries: readonly Raw[]) => (await treeOf(entries)).lines;

/** An entry as a line that is easy to compare. */
function lineOf(entry: TreeEntry): string {
  const attributes = `${entry.path} ${entry.type} ${entry.mode.toString(8)} ${entry.uid}`;
  if (entry.type === 'file') return `${attributes} ${readRange(entry.data)}`;
  if (entry.type === 'symlink' || entry.type === 'link') return `${attributes} ${entry.target}`;
  return 'major' in entry ? `${attributes} ${entry.major}:${entry.minor}` : attributes;
}

const [file, link, directory] = [0o100644, 0o120777, 0o040755];

test('only regular files with several names are hard links, and any of the names may have the data', async () => {
  const entries = await tree(
    { name: 'sl', mode: link, data: '/etc/passwd', inode: 5 },
    { name: 'a', mode: file, inode: 5, links: 2 },
    { name: 'b', mode: file, inode: 5, links: 2, data: 'hello' },
    { name: 'single', mode: file, inode: 5, data: 'other' },
  );
  expect(entries).toEqual([
    ' directory 755 0',
    'a file 644 0 hello',
    'b link 644 0 a',
    'dev directory 755 0',
    'single file 644 0 other',
    'sl symlink 777 0 /etc/passwd',
  ]);
});

const root = [' directory 755 0', 'dev directory 755 0'];

test.each<readonly [string, readonly (readonly Raw[])[], readonly string[], readonly string[]]>([
  [
    'a later entry takes the place of an earlier one, in another archive too',
    [[{ name: 'x', mode: file, data: 'one' }], [{ name: '/x', mode: 0o100600, data: '2', uid: 5 }]],
    ['x file 600 5 2'],
    [],
  ],
  [
    'a directory that is there keeps what is in it, and gets another mode',
    [
      [
        { name: 'a', mode: directory },
        { name: 'a/x', mode: file, data: 'x' },
        { name: './a/', mode: 0o040700, uid: 1 },
      ],
    ],
    ['a directory 700 1', 'a/x file 644 0 x'],
    [],
  ],
  [
    'a link in the way is followed, within the root',
    [
      [
        { name: 'usr', mode: directory },
        { name: 'usr/bin', mode: directory },
        { name: 'bin', mode: link, data: 'usr/bin' },
        { name: 'sbin', mode: link, data: '/usr/../../bin' },
        { name: 'bin/sh', mode: file, data: 'sh' },
        { name: 'sbin/init', mode: file, data: 'init' },
      ],
    ],
    [
      'bin symlink 777 0 usr/bin',
      'sbin symlink 777 0 /usr/../../bin',
      'usr directory 755 0',
      'usr/bin directory 755 0',
      'usr/bin/init file 644 0 init',
      'usr/bin/sh file 644 0 sh',
    ],
    [],
  ],
  [
    'a link in the last place is replaced and not followed',
    [
      [
        { name: 'x', mode: file, data: 'x' },
        { name: 'y', mode: link, data: 'x' },
      ],
      [{ name: 'y', mode: file, data: 'y' }],
    ],
    ['x file 644 0 x', 'y file 644 0 y'],
    [],
  ],
  [
    'a directory takes the place of a link, and an empty directory gives way',
    [
      [
        { name: 'a', mode: link, data: 'dev' },
        { name: 'b', mode: directory },
      ],
      [
        { name: 'a', mode: directory },
        { name: 'b', mode: link, data: 'a' },
      ],
    ],
    ['a directory 755 0', 'b symlink 777 0 a'],
    [],
  ],
  [
    'what has no directory is lost',
    [[{ name: './usr/lib/x', mode: file }]],
    [],
    [expect.stringMatching(/^"\.\/usr\/lib\/x" of .*: its directory is not there$/) as never],
  ],
  [
    'the kernel itself has dev and root',
    [
      [
        { name: 'dev/null', mode: 0o020666, device: [1, 3] },
        { name: 'root/x', mode: file },
      ],
    ],
    ['dev/null character-device 666 0 1:3', 'root directory 700 0', 'root/x file 644 0 '],
    [],
  ],
  [
    'a full directory, a file as a directory, an unknown type, a directory with data, a link that is too long are lost; a link to nothing is none of them',
    [
      [
        { name: 'a', mode: directory },
        { name: 'a/x', mode: file },
        { name: 'a', mode: file },
        { name: 'a/x/y', mode: file },
        { name: 'none', mode: 0o644 },
        { name: 'd', mode: directory, data: 'data' },
        { name: 'l1', mode: link },
        { name: 'l2', mode: link, data: '\0x' },
        { name: 'l3', mode: link, data: 'x'.repeat(5000) },
      ],
    ],
    ['a directory 755 0', 'a/x file 644 0 ', 'l1 symlink 777 0 ', 'l2 symlink 777 0 '],
    [
      'a directory that is not empty is in its place',
      'what its name has as a directory is none',
      'its mode 644 is that of no kind of file',
      'a directory with data',
      'a link to a name of 5000 bytes',
    ].map((why) => expect.stringContaining(`: ${why}`) as never),
  ],
  [
    'links that lead in circles lead nowhere',
    [
      [
        { name: 'a', mode: link, data: 'b' },
        { name: 'b', mode: link, data: 'a' },
        { name: 'a/x', mode: file },
      ],
    ],
    ['a symlink 777 0 b', 'b symlink 777 0 a'],
    [expect.stringContaining('its directory is not there') as never],
  ],
  [
    'sockets and fifos are kept',
    [
      [
        { name: 's', mode: 0o140600 },
        { name: 'p', mode: 0o010600 },
      ],
    ],
    ['p fifo 600 0', 's socket 600 0'],
    [],
  ],
  [
    'behind a trailer a number of an inode is that of another file',
    [
      [
        { name: 'a', mode: file, inode: 5, links: 2 },
        { name: 'b', mode: file, inode: 5, links: 2, data: 'one' },
      ],
      [{ name: 'c', mode: file, inode: 5, links: 2, data: 'two' }],
    ],
    ['a file 644 0 one', 'b link 644 0 a', 'c file 644 0 two'],
    [],
  ],
  [
    'a file with several names that is written over has other content under all of them',
    [
      [
        { name: 'a', mode: file, inode: 5, links: 2 },
        { name: 'b', mode: file, inode: 5, links: 2, data: 'one' },
      ],
      [{ name: 'b', mode: 0o100600, data: 'two' }],
    ],
    ['a file 600 0 two', 'b link 600 0 a'],
    [],
  ],
  [
    'a hard link takes the place of what is there',
    [
      [
        { name: 'b', mode: file, data: 'old' },
        { name: 'a', mode: file, inode: 5, links: 2, data: 'one' },
        { name: 'b', mode: file, inode: 5, links: 2 },
      ],
    ],
    ['a file 644 0 one', 'b link 644 0 a'],
    [],
  ],
  [
    'devices can have several names',
    [
      [
        { name: 'n', mode: 0o020600, inode: 7, links: 2, device: [1, 3] },
        { name: 'm', mode: 0o020600, inode: 7, links: 2, device: [1, 3] },
      ],
    ],
    ['m character-device 600 0 1:3', 'n link 600 0 m'],
    [],
  ],
])('%s', async (_, archives, lines, lost) => {
  const read = await treeOf(...archives);
  expect(read.lines.filter((line) => !root.includes(line))).toEqual(lines);
  expect(read.lost).toEqual(lost);
});

test.each<readonly [string, readonly Raw[], RegExp]>([
  ['a name that leads out', [{ name: '../etc/shadow', mode: file }], /has a file with the name/],
  ['a control character in a name', [{ name: 'a\nb', mode: file }], /has a file with the name/],
  [
    'a name that is not UTF-8',
    [{ name: 'latin1', bytes: Buffer.from([0x61, 0xff]), mode: file }],
    /"aÿ", which must be UTF-8/,
  ],
  ['a name without end', [{ name: 'x'.repeat(5000), mode: directory }], /a name of 5001 bytes/],
])('%s is refused', async (_, entries, message) => {
  await expect(tree(...entries)).rejects.toThrow(message);
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
        const read = await withInitrd(path, { work }, ({ archives }) => makeTree(archives, ['dev']));
        for (const { path: name } of read.entries) expect(name).not.toMatch(/^\/|(^|\/)\.\.?(\/|$)|\p{Cc}/u);
      } catch (error) {
        expect(error).toBeInstanceOf(InitrdError);
      }
    }),
    { numRuns: 1500 },
  );
});
