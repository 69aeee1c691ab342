/**
 * The step set-up-verity up to the making of the device, in dash and busybox: what superblocks say of sizes, which anybody may
 * have written, is compared with the device before anything is read where they point.
 */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { xfsPrototype } from '../../src/boot/xfs-prototype.ts';
import { planBoot } from '../../src/plan/plan.ts';
import { renderStep } from '../../src/render/step-text.ts';
import { configure } from '../config/platform-files.ts';
import { below } from './below.ts';
import { runProgram, shells } from './shells.ts';
import {
  type FileSystem,
  fileSystemStart,
  hashTree,
  rootHash,
  type Size,
  writeParts,
} from './superblocks.ts';

const work = mkdtempSync(join(tmpdir(), 'bootrelay-test-'));
afterAll(() => rmSync(work, { recursive: true }));

const block = 4096;
const fileSystems: readonly FileSystem[] = ['erofs', 'btrfs', 'squashfs', 'ext4', 'xfs', 'f2fs'];

/** What is on the disk; the sizes are in blocks. */
interface Disk {
  readonly size: number | Size;
  readonly device: number;
  /** Where the hash tree is, and how much data its superblock tells of. */
  readonly tree: number;
  readonly dataBlocks: bigint;
  readonly settings: readonly string[];
  /** The hash tree has a partition of its own, of so many blocks. */
  readonly hashDevice?: number;
  /** What /sys says of the device, where that is not its size. */
  readonly told?: string | undefined;
}

const sound: Disk = { size: 64, device: 80, tree: 64, dataBlocks: 64n, settings: [] };

type Row = readonly [what: string, change: Partial<Disk>, says: string, reads: number];

/** dd reads the verity superblock first, and the tree (with the salt before it) once that is sound. */
const nothing = 0;
const superblock = 1;
const all = 3;

const passes = 'passed';
const missing = (bytes: string, device = 80) =>
  `usr-file-system-missing: the file system on /dev/vda1 has ${bytes} bytes, the device ${device * block}`;
/** No file system has blocks of more than 64 KiB; a larger shift is none that arithmetic can be trusted with. */
const tooLarge = (fileSystem: FileSystem, shift: number) =>
  `usr-file-system-missing: ${fileSystem} on /dev/vda1 has blocks of 2^${shift} bytes`;
const invalid = (text: string) => `verity-superblock-invalid: ${text}`;
const blocks = (told: string, least: number, most: number) =>
  invalid(`it tells of ${told} blocks, not ${least} to ${most}`);
const noTree = (at: number, device = 80, name = 'vda1') =>
  invalid(`/dev/${name} has ${device * block} bytes, none for a hash tree at ${at * block}`);

const ownHash = ['Verity.HashDevice=PARTLABEL=USR-HASH'];
const most = (1n << 64n) - 1n;
const half = 1n << 63n;

/** Any number, where shells differ in how they take one that is too large: it is never one that is used. */
const any = '-?\\d+';

const rows: readonly Row[] = [
  ['sound', {}, passes, all],
  ['the tree in the last blocks of the device', { device: 66 }, passes, all],
  ['the tree in the last block', { device: 65 }, noTree(64, 65), nothing],
  ['no block behind the file system', { device: 64 }, noTree(64, 64), nothing],
  ['the file system is larger than the device', { device: 63 }, missing('262144', 63), nothing],
  ['/sys tells of less than there is', { told: String(63 * 8) }, missing('262144', 63), nothing],
  [
    '/sys tells nothing',
    { told: undefined },
    'device-unreadable: the kernel does not tell the size of /dev/vda1',
    nothing,
  ],
  ['/sys tells of no size', { told: '0' }, missing('262144', 0), nothing],
  ['fewer blocks', { dataBlocks: 63n }, blocks('63', 64, 64), superblock],
  ['more blocks', { dataBlocks: 65n }, blocks('65', 64, 64), superblock],
  ['as many blocks as the device', { dataBlocks: 80n }, blocks('80', 64, 64), superblock],
  ['no blocks', { dataBlocks: 0n }, blocks('0', 64, 64), superblock],
  ['2^64 - 1 blocks', { dataBlocks: most }, blocks(any, 64, 64), superblock],
  ['2^63 blocks', { dataBlocks: half }, blocks(any, 64, 64), superblock],
  ['2^63 - 1 blocks', { dataBlocks: half - 1n }, blocks(any, 64, 64), superblock],
  [
    '2^32 blocks and the right ones',
    { dataBlocks: (1n << 32n) + 64n },
    blocks('4294967360', 64, 64),
    superblock,
  ],
  [
    '2^52 blocks and the right ones: 2^64 bytes',
    { dataBlocks: (1n << 52n) + 64n },
    blocks('4503599627370560', 64, 64),
    superblock,
  ],
  [
    'no tree',
    { tree: 70 },
    invalid('no version 1, type 1, blocks of 4096 bytes at 262144 of /dev/vda1'),
    superblock,
  ],
  ['a tree at a fixed place', { tree: 70, settings: ['Verity.HashOffset=280K'] }, passes, all],
  [
    'more blocks up to a fixed place',
    { tree: 70, dataBlocks: 70n, settings: ['Verity.HashOffset=280K'] },
    passes,
    all,
  ],
  [
    'more blocks than up to a fixed place',
    { tree: 70, dataBlocks: 71n, settings: ['Verity.HashOffset=280K'] },
    blocks('71', 64, 70),
    superblock,
  ],
  ['a fixed place behind the device', { settings: ['Verity.HashOffset=1M'] }, noTree(256), nothing],
  ['a fixed place far behind it', { settings: ['Verity.HashOffset=4G'] }, noTree(1 << 20), nothing],
  ['a fixed place in the last block', { settings: ['Verity.HashOffset=316K'] }, noTree(79), nothing],
  [
    'a fixed place in the file system',
    { tree: 63, dataBlocks: 63n, settings: ['Verity.HashOffset=252K'] },
    blocks('63', 64, 63),
    superblock,
  ],
  ['a hash device', { tree: 0, hashDevice: 4, settings: ownHash }, passes, all],
  [
    'a hash device, and verity to the end',
    { tree: 0, hashDevice: 4, dataBlocks: 80n, settings: ownHash },
    passes,
    all,
  ],
  [
    'a hash device, and more',
    { tree: 0, hashDevice: 4, dataBlocks: 81n, settings: ownHash },
    blocks('81', 64, 80),
    superblock,
  ],
  [
    'a hash device, and fewer',
    { tree: 0, hashDevice: 4, dataBlocks: 63n, settings: ownHash },
    blocks('63', 64, 80),
    superblock,
  ],
  [
    'a hash device of one block',
    { tree: 0, hashDevice: 1, settings: ownHash },
    noTree(0, 1, 'vdb1'),
    nothing,
  ],
  ['a hash device of none', { tree: 0, hashDevice: 0, settings: ownHash }, noTree(0, 0, 'vdb1'), nothing],
];

/** Sizes that the superblock of a file system should not tell of. */
const sizesOf: Readonly<Record<FileSystem, readonly (readonly [string, Size])[]>> = {
  erofs: [
    ['no blocks', { count: 0n }],
    ['2^32 - 1 blocks', { count: 0xffffffffn }],
    ['blocks of 2^255 bytes', { count: 64n, shift: 255 }],
    ['blocks of 2^63 bytes', { count: 1n, shift: 63 }],
    ['blocks of 2^62 bytes', { count: 3n, shift: 62 }],
    ['blocks of 2^32 bytes', { count: 0xffffffffn, shift: 32 }],
  ],
  btrfs: [
    ['none', { count: 0n }],
    ['2^64 - 1 bytes', { count: most }],
    ['2^64 - 4096 bytes', { count: most - 4095n }],
    ['2^63 bytes', { count: half }],
    ['2^63 - 1 bytes', { count: half - 1n }],
    ['2^32 bytes and the right ones', { count: (1n << 32n) + 64n * 4096n }],
  ],
  squashfs: [
    ['none', { count: 0n }],
    ['2^64 - 1 bytes', { count: most }],
    ['2^64 - 4096 bytes', { count: most - 4095n }],
    ['2^63 bytes', { count: half }],
    ['2^63 - 1 bytes', { count: half - 1n }],
    ['2^32 bytes and the right ones', { count: (1n << 32n) + 64n * 4096n }],
  ],
  ext4: [
    ['no blocks', { count: 0n }],
    ['2^32 - 1 blocks', { count: 0xffffffffn }],
    ['blocks of 2^63 bytes', { count: 1n, shift: 53 }],
    ['blocks of 2^62 bytes', { count: 3n, shift: 52 }],
    ['2^32 - 1 blocks of 2^42 bytes', { count: 0xffffffffn, shift: 32 }],
  ],
  xfs: [
    ['no blocks', { count: 0n }],
    ['2^32 blocks and the right ones', { count: (1n << 32n) + 64n }],
    ['2^40 - 1 blocks of 64 KiB', { count: (1n << 40n) - 1n, shift: 16 }],
  ],
  f2fs: [
    ['no blocks', { count: 0n }],
    ['2^32 - 1 blocks', { count: 0xffffffffn }],
    ['2^32 - 1 blocks of 64 KiB', { count: 0xffffffffn, shift: 16 }],
    ['blocks of 2^63 bytes', { count: 1n, shift: 63 }],
    ['blocks of 2^32 bytes', { count: 0xffffffffn, shift: 32 }],
  ],
};

/** What xfs and f2fs say besides: bytes that are written over a sound start. */
const refused: readonly (readonly [FileSystem, string, at: number, bytes: string, says: string])[] = [
  ['xfs', 'blocks of 0 bytes', 4, '00000000', 'has blocks of 0 bytes'],
  ['xfs', 'blocks of 256 bytes', 4, '00000100', 'has blocks of 256 bytes'],
  ['xfs', 'blocks of 4097 bytes', 4, '00001001', 'has blocks of 4097 bytes'],
  ['xfs', 'blocks of 2^31 bytes', 4, '80000000', 'has blocks of 2147483648 bytes'],
  ['xfs', '2^40 blocks', 8, '0000010000000000', 'has 0x0000010000000000 blocks'],
  ['xfs', '2^63 blocks', 8, '8000000000000000', 'has 0x8000000000000000 blocks'],
  ['xfs', '2^64 - 1 blocks', 8, 'ffffffffffffffff', 'has 0xffffffffffffffff blocks'],
  ['xfs', 'a realtime device', 16, '0000000000000001', 'has a realtime device'],
  ['xfs', 'a large realtime device', 16, '8000000000000000', 'has a realtime device'],
  ['xfs', 'a log elsewhere', 48, '0000000000000000', 'has its log on another device'],
  ['f2fs', '2^32 blocks', 1024 + 36, '0000000001000000', 'has 0x0000000100000000 blocks'],
  ['f2fs', '2^64 - 1 blocks', 1024 + 36, 'ffffffffffffffff', 'has 0xffffffffffffffff blocks'],
  ['f2fs', 'a first device', 3225, '2f6465762f76646200', 'has other devices'],
];

const every = fileSystems.join(' ');
const without = (one: FileSystem) => fileSystems.filter((name) => name !== one).join(' ');

type Making = (file: string, other: string) => [program: string, ...args: string[]];

/** File systems that are on two devices, as their own programs make them. */
const otherDevices: readonly (readonly [FileSystem, string, ...Making[]])[] = [
  [
    'xfs',
    'has its log on another device',
    (file, other) => ['mkfs.xfs', '-q', '-l', `logdev=${other},size=64m`, file],
  ],
  ['xfs', 'has a realtime device', (file, other) => ['mkfs.xfs', '-q', '-r', `rtdev=${other}`, file]],
  ['f2fs', 'has other devices', (file, other) => ['mkfs.f2fs', '-q', '-c', other, file]],
];

function script(root: string, fileSystem: string, settings: readonly string[]): string {
  const config = configure(
    `Usr.FileSystem=${fileSystem}`,
    'Usr.Device=PARTLABEL=USR-A',
    `Verity.RootHash=${rootHash}`,
    'Verity.Tool=dmsetup',
    ...settings,
  );
  const plan = planBoot(config, ['p.ini']);
  const steps = plan.steps.filter(({ name }) => ['find-file-system', 'set-up-verity'].includes(name));
  const rendered = steps.map((step) => renderStep(step, plan)).join('\n');
  const text = rendered.replace(/^dmsetup create (?:.|\n)*/m, "echo 'passed'; exit 0\n");
  expect(text).toContain("echo 'passed'");
  return [
    'set -u',
    'stop() { printf "%s: %s\\n" "$1" "$2"; exit 1; }',
    'step() { :; }',
    "given_file_system='' given_options='' options_by=mount.usrflags=",
    // What is said of a call does not go where its output goes.
    `dd() { echo "$*" >> ${root}/reads; command dd "$@"; }`,
    `usr_partition=${root}/dev/vda1 hash_partition=${root}/dev/vdb1 root_hash=${rootHash}`,
    below(root, text).replace(/(?<=name=\$\{1#)\/dev\//, `${root}/dev/`),
  ].join('\n');
}

/** Writes text to a file below `root`. */
function write(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function makeDisk(root: string, fileSystem: FileSystem, disk: Disk): void {
  rmSync(root, { recursive: true, force: true });
  const size = typeof disk.size === 'number' ? disk.size * block : disk.size;
  const start = [0, fileSystemStart(fileSystem, size)] as const;
  const tree = [disk.tree * block, hashTree(disk.dataBlocks)] as const;
  const told = 'told' in disk ? disk.told : String(disk.device * 8);
  for (const name of ['dev', 'tmp']) mkdirSync(join(root, name), { recursive: true });
  if (told !== undefined) write(root, 'sys/class/block/vda1/size', `${told}\n`);
  if (disk.hashDevice === undefined) writeParts(join(root, 'dev/vda1'), disk.device * block, [start, tree]);
  else {
    write(root, 'sys/class/block/vdb1/size', `${disk.hashDevice * 8}\n`);
    writeParts(join(root, 'dev/vda1'), disk.device * block, [start]);
    writeParts(join(root, 'dev/vdb1'), disk.hashDevice * block, [tree]);
  }
}

describe.each(shells)('%s', (shellName, shell) => {
  const root = join(work, shellName);
  const run = (fileSystem: string, settings: readonly string[] = []) => {
    writeFileSync(join(root, 'script'), script(root, fileSystem, settings));
    const { stdout } = runProgram([...shell, join(root, 'script')]);
    const reads = join(root, 'reads');
    return {
      says: stdout.replaceAll(root, '').trimEnd(),
      reads: existsSync(reads) ? readFileSync(reads, 'utf8').trimEnd().split('\n').length : 0,
    };
  };
  /** A text in which only \d is no text. */
  const pattern = (text: string) =>
    new RegExp(
      `^${text
        .split(any)
        .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
        .join(any)}$`,
    );

  describe.each(fileSystems)('%s', (fileSystem) => {
    test.each(rows)('%s', (_, change, says, reads) => {
      const disk = { ...sound, ...change };
      makeDisk(root, fileSystem, disk);
      expect(run(fileSystem, disk.settings)).toEqual({ says: expect.stringMatching(pattern(says)), reads });
    });

    test.each(sizesOf[fileSystem])('the file system tells of %s', (_, size) => {
      makeDisk(root, fileSystem, { ...sound, size });
      const shift = (size.shift ?? 0) + (fileSystem === 'ext4' ? 10 : 0);
      const says = shift > 16 ? tooLarge(fileSystem, shift) : missing(any);
      expect(run(fileSystem)).toEqual({ says: expect.stringMatching(pattern(says)), reads: nothing });
    });

    test('all but the magic number', () => {
      makeDisk(root, fileSystem, sound);
      const start = fileSystemStart(fileSystem, sound.device * 2048, true);
      writeParts(join(root, 'dev/vda1'), sound.device * block, [[0, start]]);
      const { says, reads } = run(fileSystem);
      const a = ['erofs', 'ext4', 'xfs', 'f2fs'].includes(fileSystem) ? 'an' : 'a';
      expect({ says, reads }).toEqual({
        says: `usr-file-system-missing: /dev/vda1 does not hold ${a} ${fileSystem} file system`,
        reads: nothing,
      });
    });

    test('a device that ends before the superblock', () => {
      makeDisk(root, fileSystem, { ...sound, device: 0 });
      const { says, reads } = run(fileSystem);
      expect(['device-unreadable', 'usr-file-system-missing']).toContain(says.split(':')[0]);
      expect(reads).toBe(nothing);
    });

    test('a real one is as large as it says', () => {
      for (const name of ['dev', 'tmp']) mkdirSync(join(root, name), { recursive: true });
      const file = join(root, 'dev/vda1');
      makeReal(fileSystem, file);
      const end = Math.ceil(statSync(file).size / block);
      // Where mkfs pads, what the file system says of itself is where the tree is sought.
      truncateSync(file, (end + 4) * block);
      write(root, 'sys/class/block/vda1/size', `${(end + 4) * 8}\n`);
      const { says } = run(fileSystem);
      const at = Number(/ bytes at (\d+) of /.exec(says)?.[1]);
      expect(says).toBe(invalid(`no version 1, type 1, blocks of 4096 bytes at ${at} of /dev/vda1`));
      expect(at).toBeGreaterThan(0);
      expect(at).toBeLessThanOrEqual(end * block);
      rmSync(join(root, 'reads'));
      appendTree(file, at);
      expect(run(fileSystem)).toEqual({ says: passes, reads: all });
      rmSync(join(root, 'reads'));
      expect(run(every)).toEqual({ says: passes, reads: all });
      expect(run(without(fileSystem))).toMatchObject({
        says: `usr-file-system-missing: /dev/vda1 holds none of ${without(fileSystem).replaceAll(' ', ', ')}`,
      });
    });

    test('one of a list is read as that alone', () => {
      for (const list of [every, [...fileSystems].reverse().join(' ')]) {
        makeDisk(root, fileSystem, sound);
        expect(run(list)).toEqual({ says: passes, reads: all });
        makeDisk(root, fileSystem, { ...sound, device: 63 });
        expect(run(list)).toEqual({ says: missing('262144', 63), reads: nothing });
      }
    });
  });

  test.each(refused)('%s with %s', (fileSystem, _, at, bytes, text) => {
    makeDisk(root, fileSystem, sound);
    const start = fileSystemStart(fileSystem, 64 * block);
    start.write(bytes, at, 'hex');
    writeParts(join(root, 'dev/vda1'), 80 * block, [[0, start]]);
    const says = `usr-file-system-missing: ${fileSystem} on /dev/vda1 ${text}`;
    expect(run(fileSystem)).toEqual({ says, reads: nothing });
    expect(run(every)).toEqual({ says, reads: nothing });
  });

  test('none of a list', () => {
    makeDisk(root, 'erofs', sound);
    const says = 'usr-file-system-missing: /dev/vda1 holds none of btrfs, xfs';
    expect(run('btrfs xfs')).toEqual({ says, reads: nothing });
    // A device that ends before some of the superblocks.
    writeFileSync(join(root, 'dev/vda1'), 'XFS');
    expect(run('btrfs xfs')).toEqual({ says, reads: nothing });
    rmSync(join(root, 'dev/vda1'));
    expect(run('btrfs xfs')).toEqual({ says: 'device-unreadable: cannot read /dev/vda1', reads: nothing });
  });

  test('of two that are there the first of the list counts', () => {
    makeDisk(root, 'erofs', sound);
    const start = fileSystemStart('erofs', 64 * block);
    start.write('XFSB');
    writeParts(join(root, 'dev/vda1'), 80 * block, [
      [0, start],
      [64 * block, hashTree(64n)],
    ]);
    expect(run('erofs xfs')).toEqual({ says: passes, reads: all });
    expect(run('xfs erofs').says).toBe('usr-file-system-missing: xfs on /dev/vda1 has blocks of 0 bytes');
  });

  test.each(otherDevices)('a real %s that needs another device: %s', (fileSystem, text, ...commands) => {
    mkdirSync(join(root, 'dev'), { recursive: true });
    const [file, other] = [join(root, 'dev/vda1'), join(root, 'other')];
    makeHole(file, 300);
    makeHole(other, 100);
    for (const words of commands) make(...words(file, other));
    write(root, 'sys/class/block/vda1/size', `${(300 << 20) / 512}\n`);
    expect(run(fileSystem).says).toBe(`usr-file-system-missing: ${fileSystem} on /dev/vda1 ${text}`);
  });
});

/** A file of so many MiB without anything. */
function makeHole(file: string, megabytes: number): void {
  writeFileSync(file, '');
  truncateSync(file, megabytes << 20);
}

function make(program: string, ...args: readonly string[]): void {
  execFileSync('sh', ['-c', 'PATH=$PATH:/usr/sbin:/sbin exec "$@"', '-', program, ...args], {
    stdio: 'ignore',
  });
}

/** A small file system with one file, as its own program makes it. */
function makeReal(fileSystem: FileSystem, file: string): void {
  const source = join(work, 'source');
  mkdirSync(source, { recursive: true });
  writeFileSync(join(source, 'file'), 'x'.repeat(10_000));
  rmSync(file, { force: true });
  const prototype = join(work, 'prototype');
  if (fileSystem === 'erofs') make('mkfs.erofs', file, source);
  else if (fileSystem === 'squashfs') make('mksquashfs', source, file, '-quiet');
  else if (fileSystem === 'ext4') {
    makeHole(file, 4);
    make('mkfs.ext4', '-q', '-d', source, file);
  } else if (fileSystem === 'xfs') {
    makeHole(file, 300);
    writeFileSync(prototype, xfsPrototype(source));
    make('mkfs.xfs', '-q', '-p', prototype, file);
  } else if (fileSystem === 'f2fs') {
    makeHole(file, 64);
    make('mkfs.f2fs', '-q', file);
    make('sload.f2fs', '-f', source, file);
  } else {
    makeHole(file, 128);
    make('mkfs.btrfs', '--rootdir', source, file);
  }
}

/** Puts a hash tree for all that is before it into a file. */
function appendTree(file: string, at: number): void {
  truncateSync(file, at);
  truncateSync(file, at + 4 * block);
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, hashTree(BigInt(at / block)), 0, undefined, at);
  closeSync(descriptor);
}
