/** The kernel says what is right: it unpacks each layout, a small init lists what is there, and we must have read the same. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { withInitrd } from '../../src/initrd/archives.ts';
import { readRange } from '../../src/initrd/input.ts';
import { makeTree } from '../../src/initrd/tree.ts';
import type { TreeEntry } from '../../src/initrd/tree-entry.ts';
import { umlArgs } from '../../src/tools/uml.ts';
import { openLab } from '../lab/lab.ts';
import { newcArchive, newcEntry, type Raw } from './newc-archive.ts';

const lab = openLab();
const work = mkdtempSync(join(tmpdir(), 'bootrelay-oracle-'));
afterAll(() => rmSync(work, { recursive: true }));

/** Lists all but the kernel's own files: path, type and mode, owner, device, inode and content. */
const lister = `#!/busybox sh
cd /
/busybox find . -xdev | /busybox sort | while IFS= read -r path; do
  content=
  if [ -L "$path" ]; then content=$(/busybox readlink "$path")
  elif [ -f "$path" ]; then content=$(/busybox sha256sum < "$path"); content=\${content%% *}
  fi
  /busybox stat -c "@ %n|%f|%u|%g|%t:%T|%i|$content" "$path"
done
echo "@ end"
/busybox poweroff -f
`;

const [file, directory, link, character, socket, fifo] = [
  0o100644, 0o040755, 0o120777, 0o020600, 0o140600, 0o010600,
];
const base = newcArchive([
  { name: 'busybox', mode: 0o100755, data: readFileSync(join(lab.sysroot, 'usr/bin/busybox')) },
  { name: 'init', mode: 0o100755, data: lister },
]);

/** What is always there: of the kernel, and of the lister. */
const always = ['.', './dev', './dev/console', './root', './busybox', './init'];

interface Line {
  readonly attributes: string;
  readonly inode: string;
}

async function kernelLines(initrd: string): Promise<ReadonlyMap<string, Line>> {
  const state = mkdtempSync(join(work, 'uml-'));
  const { program: kernel, libraries } = lab.uml.new;
  const { args } = umlArgs({
    machine: 'uml',
    kernel,
    libraries,
    initrd,
    commandLine: 'loglevel=1',
    disks: [],
    memory: 96,
    state,
  });
  const { stdout: output } = spawnSync('setpriv', args, { encoding: 'utf8', timeout: 60_000 });
  const lines = [...output.replaceAll('\r', '').matchAll(/^@ (.*)$/gm)].map(([, line = '']) => line);
  if (lines.pop() !== 'end')
    throw new Error(`the kernel did not come to the end of its list:\n${output.slice(-3000)}`);
  return new Map(
    lines.map((line) => {
      const [path = '', mode = '', uid, gid, device, inode = '', content] = line.split('|');
      const isDevice = /^[26]/.test(mode);
      return [path, { attributes: [mode, uid, gid, isDevice ? device : '', content].join('|'), inode }];
    }),
  );
}

const typeBits: Readonly<Record<TreeEntry['type'], number>> = {
  file: 0o10,
  link: 0o10,
  directory: 0o04,
  symlink: 0o12,
  'character-device': 0o02,
  'block-device': 0o06,
  fifo: 0o01,
  socket: 0o14,
};

async function ourLines(initrd: string): Promise<ReadonlyMap<string, Line>> {
  return withInitrd(initrd, { work }, ({ archives }) => {
    const byPath = new Map<string, Line>();
    for (const entry of makeTree(archives).entries) {
      const path = entry.path === '' ? '.' : `./${entry.path}`;
      const first = entry.type === 'link' ? byPath.get(`./${entry.target}`) : undefined;
      byPath.set(path, first ?? { attributes: attributesOf(entry), inode: path });
    }
    return byPath;
  });
}

function attributesOf(entry: TreeEntry): string {
  const mode = ((typeBits[entry.type] << 12) | entry.mode).toString(16);
  const device = 'major' in entry ? `${entry.major.toString(16)}:${entry.minor.toString(16)}` : '';
  const content =
    entry.type === 'file'
      ? createHash('sha256').update(readRange(entry.data)).digest('hex')
      : entry.type === 'symlink'
        ? String(entry.target)
        : '';
  return [mode, entry.uid, entry.gid, device, content].join('|');
}

/** Which paths are names of one file, by their first: numbers of inodes mean nothing. */
function groups(lines: ReadonlyMap<string, Line>): ReadonlyMap<string, string> {
  const first = new Map<string, string>();
  for (const [path, { inode }] of lines) if (!first.has(inode)) first.set(inode, path);
  return new Map([...lines].map(([path, { inode }]) => [path, first.get(inode) ?? path]));
}

function comparable(lines: ReadonlyMap<string, Line>): readonly string[] {
  const sorted = new Map([...lines].sort(([left], [right]) => (left < right ? -1 : 1)));
  const names = groups(sorted);
  return [...sorted]
    .filter(([path]) => !always.includes(path))
    .map(([path, { attributes }]) => `${path} ${attributes} ${names.get(path)}`);
}

const compressors: Readonly<Record<string, readonly string[]>> = {
  zstd: ['zstd', '-qc'],
  gzip: ['gzip', '-nc'],
  xz: ['xz', '--check=crc32', '-c'],
  lzma: ['xz', '--format=lzma', '-c'],
  bzip2: ['bzip2', '-c'],
  lz4: ['lz4', '-lqc'],
};
const compress = (how: string, input: Buffer) => {
  const [program = '', ...args] = compressors[how] ?? [];
  return execFileSync(program, args, { input, maxBuffer: 2 ** 28 });
};
const fill = (bytes: Buffer, size = 4) =>
  Buffer.concat([bytes, Buffer.alloc((size - (bytes.length % size)) % size)]);
const zeros = (count: number) => Buffer.alloc(count);

const first = newcArchive([
  { name: 'etc', mode: 0o040750, uid: 3, gid: 4 },
  { name: 'etc/text', mode: file, data: 'first\n' },
  { name: 'etc/empty', mode: 0o100400 },
  { name: 'usr', mode: directory },
  { name: 'usr/bin', mode: directory },
  { name: 'bin', mode: link, data: 'usr/bin' },
  { name: 'bin/tool', mode: 0o104755, data: 'tool\n', uid: 5 },
  { name: 'etc/null', mode: character, device: [1, 3] },
  { name: 'etc/s', mode: socket },
  { name: 'etc/p', mode: fifo },
  { name: 'usr/bin/a', mode: file, inode: 9, links: 3 },
  { name: 'usr/bin/b', mode: file, inode: 9, links: 3 },
  { name: 'usr/bin/c', mode: file, inode: 9, links: 3, data: 'linked\n' },
]);
const second = newcArchive([
  { name: 'etc', mode: 0o040700 },
  { name: 'etc/text', mode: 0o100600, data: 'second\n', uid: 7 },
  { name: 'etc/more', mode: file, data: 'more\n', inode: 9, links: 2 },
]);
const earlyOne = newcArchive([
  { name: 'kernel', mode: directory },
  { name: 'kernel/x86', mode: directory },
  { name: 'kernel/x86/text', mode: file, data: 'early' },
]);
const noTrailer = (entries: readonly Raw[]) => Buffer.concat(entries.map(newcEntry));
const streams = Object.keys(compressors);

/** Each behind the lister's archive. */
const layouts: readonly (readonly [string, Buffer])[] = [
  ['two archives', Buffer.concat([first, second])],
  ['three, with zeros between', Buffer.concat([earlyOne, zeros(512), first, zeros(12), second, zeros(700)])],
  ...streams.map((how) => [`${how}`, compress(how, first)] as const),
  ...streams.map(
    (how) =>
      [`${how}, zeros, a cpio`, Buffer.concat([fill(compress(how, first)), zeros(8), second])] as const,
  ),
  ...streams.map(
    (how) =>
      [
        `${how} behind an early one, then ${how}`,
        Buffer.concat([earlyOne, compress(how, first), zeros(513), compress(how, second)]),
      ] as const,
  ),
  ['gzip directly behind zstd', Buffer.concat([compress('zstd', first), compress('gzip', second)])],
  ['two archives in one stream', compress('gzip', Buffer.concat([first, zeros(256), second]))],
  ['no trailer', noTrailer([{ name: 'a', mode: file, data: 'a' }])],
  [
    'no trailer: numbers of inodes go on counting',
    Buffer.concat([
      noTrailer([{ name: 'a', mode: file, data: 'a', inode: 4, links: 2 }]),
      zeros(16),
      newcArchive([{ name: 'b', mode: file, inode: 4, links: 2 }]),
    ]),
  ],
  [
    'padded names and checksums',
    newcArchive([
      { name: 'a', mode: file, data: 'a', zeros: 3000 },
      { name: 'b', mode: file, data: 'b', sum: 98 },
      { name: 'c', mode: link, data: 'b', zeros: 9 },
    ]),
  ],
  [
    'what is lost, and what takes the place of another',
    newcArchive([
      { name: 'no/directory', mode: file, data: 'x' },
      { name: 'd', mode: directory },
      { name: 'd/x', mode: file, data: 'x' },
      { name: 'd', mode: file, data: 'in its place' },
      { name: 'd/x/y', mode: file },
      { name: 'e', mode: directory },
      { name: 'e', mode: link, data: 'd' },
      { name: 'e/z', mode: file, data: 'through e' },
      { name: 'f', mode: link, data: 'd/x' },
      { name: 'f', mode: file, data: 'f' },
      { name: 'g', mode: 0o644 },
      { name: 'h', mode: directory, data: 'data' },
      { name: 'i', mode: link },
      { name: 'j', mode: link, data: 'j' },
      { name: 'j/k', mode: file },
      { name: './/l', mode: file, data: 'l' },
      { name: '/m', mode: 0o102711, data: 'm', gid: 12 },
      { name: 'root/n', mode: file },
      { name: 'dev/o', mode: 0o060640, device: [8, 300] },
    ]),
  ],
  [
    'hard links, written over and in other orders',
    Buffer.concat([
      newcArchive([
        { name: 'a', mode: file, inode: 1, links: 2, data: 'one' },
        { name: 'b', mode: 0o100600, inode: 1, links: 2 },
        { name: 'p', mode: character, inode: 1, links: 2, device: [1, 5] },
        { name: 'q', mode: character, inode: 1, links: 2, device: [1, 5] },
        { name: 'old', mode: file, data: 'longer than new' },
        { name: 'old', mode: file, inode: 2, links: 2 },
        { name: 'new', mode: file, inode: 2, links: 2, data: 'new' },
      ]),
      newcArchive([
        { name: 'b', mode: 0o100755, data: 'over both' },
        { name: 'p', mode: 0o020666, device: [1, 9] },
        { name: 'c', mode: file, inode: 1, links: 2, data: 'another' },
        { name: 'c', mode: link, data: 'a' },
      ]),
    ]),
  ],
  [
    'links in the way: up, around and from the root',
    newcArchive([
      { name: 'usr', mode: directory },
      { name: 'usr/lib', mode: directory },
      { name: 'lib', mode: link, data: '../../usr/./lib' },
      { name: 'lib64', mode: link, data: '/lib' },
      { name: 'usr/lib/up', mode: link, data: '..' },
      { name: 'lib64/up/lib/x', mode: file, data: 'x' },
      { name: 'lib64/up/y', mode: directory },
      { name: 'lib', mode: directory },
      { name: 'lib64/z', mode: file, data: 'z' },
    ]),
  ],
];

test.each(layouts)('%s', async (name, bytes) => {
  const path = join(work, `${name.replace(/\W+/g, '-')}.img`);
  mkdirSync(work, { recursive: true });
  writeFileSync(path, Buffer.concat([base, bytes]));
  const [kernel, ours] = [await kernelLines(path), await ourLines(path)];
  expect(comparable(ours)).toEqual(comparable(kernel));
  expect(comparable(ours).length).toBeGreaterThan(0);
  rmSync(path);
});
