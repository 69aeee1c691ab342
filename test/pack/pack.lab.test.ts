import { spawnSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { imageFormatOf } from '../../src/config/image-format.ts';
import { readMark } from '../../src/initrd/image-mark.ts';
import { packFullInitrd } from '../../src/pack/pack.ts';
import { quoteShell } from '../../src/text/quote.ts';
import { findProgram } from '../../src/tools/programs.ts';
import { configure } from '../config/platform-files.ts';
import { newcArchive, type Raw } from '../initrd/newc-archive.ts';
import { openLab } from '../lab/lab.ts';

const lab = openLab();
const work = mkdtempSync(join(lab.shared, 'pack-test-'));
afterAll(() => rmSync(work, { recursive: true }));

const longTarget = `/usr/lib/${'long/'.repeat(30)}target`;
const longName = 'name-'.repeat(30);

/** A full initrd in miniature, with all that is easily lost: nodes, owners, modes, hard links, capabilities' friends. */
const mtree = `#mtree
. type=dir mode=0755 uid=0 gid=0 time=1000000000
./dev type=dir mode=0755 uid=0 gid=0 time=1000000000
./dev/console type=char mode=0600 uid=0 gid=5 time=1000000000 device=native,5,1
./dev/loop0 type=block mode=0660 uid=0 gid=6 time=1000000000 device=native,7,0
./init type=link mode=0777 uid=0 gid=0 time=1000000000 link=usr/lib/systemd/systemd
./pipe type=fifo mode=0640 uid=0 gid=0 time=1000000000
./tmp type=dir mode=1777 uid=0 gid=0 time=1000000000
./usr type=dir mode=0755 uid=0 gid=0 time=1000000000
./usr/nobody type=file mode=0000 uid=3000000 gid=65534 time=1000000000 contents=content
./usr/long type=link mode=0777 uid=0 gid=0 time=1000000000 link=${longTarget}
./usr/${longName} type=file mode=0644 uid=0 gid=0 time=1000000000 contents=content
./usr/su type=file mode=4755 uid=0 gid=0 time=1000000000 contents=content
./usr/owned type=file mode=0640 uid=42 gid=43 time=1000000000 contents=content
./usr/a\\040name type=file mode=0600 uid=0 gid=0 time=1000000000 contents=content
`;

function shell(script: string): string {
  const { status, stdout, stderr } = spawnSync('bash', ['-ec', script], { cwd: work, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

beforeAll(() => {
  writeFileSync(join(work, 'content'), 'content\n');
  writeFileSync(join(work, 'tree.mtree'), mtree);
  writeFileSync(
    join(work, 'early.mtree'),
    '#mtree\n./kernel type=dir mode=0755\n./kernel/x86 type=file contents=content mode=0644\n',
  );
  shell(`
    bsdtar --format=newc -cf plain @tree.mtree
    bsdtar --format=newc -cf early @early.mtree
    zstd -q plain -o zstd; xz -k -c --check=crc32 plain > xz; gzip -k -c plain > gzip; bzip2 -k -c plain > bzip2
    xz --format=lzma -c plain > lzma; lz4 -q -l -c plain > lz4 || rm -f lz4
    for kind in plain zstd xz gzip; do cat early $kind > early-$kind; done`);
});

async function pack(name: string, fileSystem: 'squashfs' | 'erofs', output = `${name}.${fileSystem}`) {
  const scratch = join(work, `scratch-${output}`);
  mkdirSync(scratch);
  const image = join(work, output);
  rmSync(image, { force: true });
  const initrd = name.startsWith('/') ? name : join(work, name);
  const packed = await packFullInitrd({
    initrd,
    format: imageFormatOf(configure(`FullInitrd.FileSystem=${fileSystem}`).settings),
    output: image,
    work: scratch,
  });
  rmSync(scratch, { recursive: true });
  return { ...packed, image };
}

/** Targets in which a tool may see an end, an encoding, a quote, or a place too short. */
const strangeTargets = [
  ...['a\nb', '\n', 'x\n', '\t\u001b[2J', ' x ', '"x"', 'a\\nb', 'x/', './x', '../../x', '=', '30 path=x'],
  ...[
    '\u00e4',
    '\u2028',
    'x'.repeat(99),
    'x'.repeat(100),
    'x'.repeat(101),
    `${'x/'.repeat(50)}\n/`,
    'y'.repeat(4000),
  ],
]
  .map((text) => Buffer.from(text))
  .concat(
    ['ff', 'c3', '61ff62', 'ff0a', 'ff'.repeat(100), 'ff'.repeat(101), 'c328'.repeat(90)].map((hex) =>
      Buffer.from(hex, 'hex'),
    ),
  );

const linkTo = (data: Buffer, index: number): Raw => ({ name: `l${index}`, mode: 0o120777, data });

/** Into the directory `unpacked`, as the tools do it. */
function unpack(image: string, fileSystem: 'squashfs' | 'erofs'): string {
  const tree = join(work, 'unpacked');
  rmSync(tree, { recursive: true, force: true });
  if (fileSystem === 'squashfs') spawnSync('unsquashfs', ['-quiet', '-no-progress', '-dest', tree, image]);
  else {
    const { file, prefix } = findProgram('mkfs.erofs');
    const fsck = prefix.map((argument) => argument.replace(/mkfs\.erofs$/, 'fsck.erofs'));
    spawnSync(file, [...fsck, `--extract=${tree}`, '--preserve', image]);
  }
  return tree;
}

/** Everything in an image: type, mode, owner, device or target or content. */
function listImage(image: string, fileSystem: 'squashfs' | 'erofs'): readonly string[] {
  const tree = unpack(image, fileSystem);
  const names = readdirSync(tree, { recursive: true, encoding: 'utf8' }).sort();
  return ['.', ...names].map((name) => describeFile(join(tree, name), name));
}

function describeFile(file: string, name: string): string {
  const stat = lstatSync(file);
  const facts = [name, stat.mode.toString(8), `${stat.uid}:${stat.gid}`];
  if (stat.isSymbolicLink()) return [...facts, readlinkSync(file)].join(' ');
  if (stat.isFile()) return [...facts, JSON.stringify(readFileSync(file, 'utf8'))].join(' ');
  return stat.isCharacterDevice() || stat.isBlockDevice() ? [...facts, stat.rdev].join(' ') : facts.join(' ');
}

const expected = [
  '. 40755 0:0',
  'dev 40755 0:0',
  'dev/console 20600 0:5 1281',
  'dev/loop0 60660 0:6 1792',
  'init 120777 0:0 usr/lib/systemd/systemd',
  'pipe 10640 0:0',
  'proc 40755 0:0',
  'run 40755 0:0',
  'sys 40755 0:0',
  'sysusr 40755 0:0',
  'sysusr/usr 40755 0:0',
  'tmp 41777 0:0',
  'usr 40755 0:0',
  'usr/a name 100600 0:0 "content\\n"',
  `usr/long 120777 0:0 ${longTarget}`,
  `usr/${longName} 100644 0:0 "content\\n"`,
  'usr/nobody 100000 3000000:65534 "content\\n"',
  'usr/owned 100640 42:43 "content\\n"',
  'usr/su 104755 0:0 "content\\n"',
];

describe.each(['squashfs', 'erofs'] as const)('%s', (fileSystem) => {
  test.each([
    'plain',
    'zstd',
    'xz',
    'gzip',
    'bzip2',
    'lzma',
    'early-plain',
    'early-zstd',
    'early-xz',
    'early-gzip',
  ])('from %s keeps every file as it was', async (name) => {
    const { image, earlySize } = await pack(name, fileSystem);
    expect(listImage(image, fileSystem)).toEqual(expected);
    expect(earlySize > 0).toBe(name.startsWith('early'));
  });

  test('targets of links are the bytes that they were', async () => {
    writeFileSync(join(work, 'links'), newcArchive(strangeTargets.map(linkTo)));
    const { image } = await pack('links', fileSystem);
    unpack(image, fileSystem);
    const seen = strangeTargets.map((_, index) =>
      readlinkSync(join(work, 'unpacked', `l${index}`), 'buffer'),
    );
    // As latin1: a byte a character, so that a difference can be read.
    expect(seen.map((bytes) => bytes.toString('latin1'))).toEqual(
      strangeTargets.map((bytes) => bytes.toString('latin1')),
    );
  });

  test('the mark behind the file system disturbs nobody who reads it', async () => {
    const { image, imageSize } = await pack('plain', fileSystem);
    expect(readMark(image)).toEqual({ format: '1', kind: 'whole' });
    expect(imageSize % 4096).toBe(512);
    const { file, prefix } = findProgram('mkfs.erofs');
    const fsck = prefix.map((argument) => argument.replace(/mkfs\.erofs$/, 'fsck.erofs'));
    const check = fileSystem === 'erofs' ? [file, ...fsck] : ['unsquashfs', '-s'];
    shell(`${check.map(quoteShell).join(' ')} ${image}`);
    const mounted = shell(
      `unshare --mount sh -euc 'mount -o loop,ro "$1" /mnt; cat "/mnt/usr/a name"' sh ${image}`,
    );
    expect(mounted).toBe('content\n');
  });

  test('twice gives the same bytes', async () => {
    const first = await pack(lab.fullInitrd, fileSystem, `one.${fileSystem}`);
    const second = await pack(lab.fullInitrd, fileSystem, `two.${fileSystem}`);
    expect(readFileSync(first.image).equals(readFileSync(second.image))).toBe(true);
  });

  test('a truncated initrd is an error that names the tool', async () => {
    writeFileSync(join(work, 'truncated'), readFileSync(lab.fullInitrd).subarray(0, 30_000_000));
    await expect(pack('truncated', fileSystem)).rejects.toThrow(/ended with exit code|cut off/);
  });
});

test('archives one behind the other, compressed one by one or together, are one tree as for the kernel', async () => {
  shell('cat gzip gzip > two-members; cat plain plain | gzip -c > one-member; cat early plain gzip > three');
  const { files } = await pack('plain', 'squashfs');
  for (const name of ['two-members', 'one-member', 'three'])
    expect((await pack(name, 'squashfs', `${name}.squashfs`)).files).toEqual(files);
});

test('only an early cpio is no full initrd', async () => {
  await expect(pack('early', 'squashfs')).rejects.toThrow(/only an early cpio/);
});
