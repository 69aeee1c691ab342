/** Kernels with an initramfs of their own, as each architecture's build wraps them, and unified kernel images. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from '@jest/globals';
import { readInitrdFiles } from '../../src/initrd/files.ts';
import { newcArchive, type Raw } from './newc-archive.ts';

const work = mkdtempSync(join(tmpdir(), 'bootrelay-kernel-'));
afterAll(() => rmSync(work, { recursive: true }));

const file = (name: string, data = name): Raw => ({ name, data, mode: 0o100644 });
const own = newcArchive([file('init'), file('built-in')]);
const emptyOne = newcArchive([
  { name: 'dev', mode: 0o040755 },
  { name: 'dev/console', mode: 0o020600, device: [5, 1] },
  { name: 'root', mode: 0o040700 },
]);

const filled = (bytes: Buffer, size: number) =>
  Buffer.concat([bytes, Buffer.alloc((size - (bytes.length % size)) % size)]);

/** A kernel as it is in memory: code, what looks like an archive and is none, the archive, its size, data. */
function plainKernel(archive: Buffer, head: Buffer): Buffer {
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(archive.length));
  const code = filled(
    Buffer.concat([head, Buffer.from('070701 is what an archive begins with'), gzipSync('a text')]),
    8,
  );
  return Buffer.concat([code, filled(archive, 8), size, Buffer.alloc(3000, 7)]);
}

function arm64Head(): Buffer {
  const head = Buffer.alloc(64);
  head.write('ARM\u0064', 0x38, 'latin1');
  return head;
}

/** As arch/x86/boot makes it: setup, then code in front of the payload, whose last four bytes are the size of its content. */
function bzImage(kernel: Buffer, packed: Buffer): Buffer {
  const setup = Buffer.alloc(3 * 512);
  const code = Buffer.alloc(700, 0x90);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(kernel.length);
  setup[0x1f1] = 2;
  setup.write('MZ', 0);
  setup.write('HdrS', 0x202);
  setup.writeUInt32LE(code.length, 0x248);
  setup.writeUInt32LE(packed.length + 4, 0x24c);
  return Buffer.concat([setup, code, packed, size, Buffer.alloc(100)]);
}

function zboot(packed: Buffer): Buffer {
  const head = Buffer.alloc(512);
  head.write('MZ', 0);
  head.write('zimg', 4);
  head.writeUInt32LE(512, 8);
  head.writeUInt32LE(packed.length, 12);
  head.write('gzip', 24);
  return Buffer.concat([head, packed]);
}

const compress = (program: string, args: readonly string[], input: Buffer) =>
  execFileSync(program, args, { input });
const zstd = (input: Buffer) => compress('zstd', ['-qc'], input);
const lz4 = (input: Buffer) => compress('lz4', ['-lqc'], input);
const xz = (input: Buffer) => compress('xz', ['--check=crc32', '-c'], input);
const lzma = (input: Buffer) => compress('xz', ['--format=lzma', '-c'], input);

async function namesOf(bytes: Buffer): Promise<readonly string[]> {
  const path = join(work, 'kernel');
  writeFileSync(path, bytes);
  return [...(await readInitrdFiles(path, work)).files.keys()];
}

const elf = Buffer.concat([Buffer.from('\u007fELF', 'latin1'), Buffer.alloc(60)]);
const vmlinux = (archive: Buffer) => plainKernel(archive, elf);

test.each<readonly [string, Buffer]>([
  ['vmlinux, a cpio', vmlinux(own)],
  ['vmlinux, a cpio with zeros behind it', vmlinux(filled(own, 512))],
  ['vmlinux, zstd', vmlinux(zstd(own))],
  ['vmlinux, gzip', vmlinux(gzipSync(own))],
  ['vmlinux, xz', vmlinux(xz(own))],
  ['vmlinux, lz4', vmlinux(Buffer.concat([lz4(own), Buffer.alloc(4)]))],
  ['bzImage, gzip', bzImage(vmlinux(zstd(own)), gzipSync(vmlinux(zstd(own))))],
  ['bzImage, zstd', bzImage(vmlinux(own), zstd(vmlinux(own)))],
  ['bzImage, lz4', bzImage(vmlinux(own), lz4(vmlinux(own)))],
  ['bzImage, xz', bzImage(vmlinux(own), xz(vmlinux(own)))],
  ['bzImage, lzma', bzImage(vmlinux(own), lzma(vmlinux(own)))],
  ['Image of arm64', plainKernel(own, arm64Head())],
  ['Image.gz of arm64', gzipSync(plainKernel(zstd(own), arm64Head()))],
  ['zboot', zboot(gzipSync(plainKernel(own, arm64Head())))],
])('%s: what is built in is found', async (_, bytes) => {
  expect(await namesOf(bytes)).toEqual(['/built-in', '/init']);
});

test('a kernel with the empty archive that each has, or with none, is said to have none of its own', async () => {
  for (const bytes of [
    vmlinux(emptyOne),
    vmlinux(Buffer.from('nothing')),
    bzImage(vmlinux(emptyOne), zstd(vmlinux(emptyOne))),
  ])
    await expect(namesOf(bytes)).rejects.toThrow(/kernel is a kernel without an initramfs of its own/);
});

test('a kernel that is cut off is refused', async () => {
  const bytes = bzImage(vmlinux(own), zstd(vmlinux(own)));
  await expect(namesOf(bytes.subarray(0, bytes.length - 300))).rejects.toThrow(
    /is cut off: its kernel ends at byte/,
  );
});

/** A PE file with these sections, each filled up to a multiple of 512 as linkers do. */
function pe(...sections: readonly (readonly [string, Buffer])[]): Buffer {
  const head = Buffer.alloc(1024);
  head.write('MZ', 0);
  head.writeUInt32LE(0x80, 0x3c);
  head.write('PE\0\0', 0x80, 'latin1');
  head.writeUInt16LE(sections.length, 0x86);
  head.writeUInt16LE(0x70, 0x94);
  const parts = [head];
  sections.forEach(([name, data], index) => {
    const row = 0x80 + 24 + 0x70 + index * 40;
    const content = filled(data, 512);
    head.write(name, row, 'latin1');
    head.writeUInt32LE(data.length, row + 8);
    head.writeUInt32LE(content.length, row + 16);
    head.writeUInt32LE(
      parts.reduce((sum, part) => sum + part.length, 0),
      row + 20,
    );
    parts.push(content);
  });
  return Buffer.concat(parts);
}

const cpioOf = (...names: readonly string[]) => newcArchive(names.map((name) => file(name)));
const text = (words: string) => Buffer.from(words);

async function uki(...sections: readonly (readonly [string, Buffer])[]) {
  const path = join(work, 'uki');
  writeFileSync(path, pe(...sections));
  const { files, texts } = await readInitrdFiles(path, work);
  return { files: [...files.keys()], texts };
}

test('a UKI: microcode, each initrd, what is built into its kernel, its texts', async () => {
  const kernel = bzImage(vmlinux(own), zstd(vmlinux(own)));
  const microcode = cpioOf('kernel/x86/microcode/GenuineIntel.bin');
  const { files, texts } = await uki(
    ['.text', text('code')],
    ['.cmdline', text('quiet\0')],
    ['.uname', text('6.12')],
    ['.linux', kernel],
    ['.initrd', zstd(cpioOf('first'))],
    ['.ucode', microcode],
    ['.initrd', cpioOf('second')],
  );
  expect(files.filter((name) => !name.startsWith('/kernel'))).toEqual([
    '/built-in',
    '/first',
    '/init',
    '/second',
  ]);
  expect(files).toContain('/kernel/x86/microcode/GenuineIntel.bin');
  expect([texts.get('.cmdline'), texts.get('.uname')]).toEqual(['quiet', '6.12']);
});

test('of a UKI with profiles the first is read, and the command lines of all are shown', async () => {
  const { files, texts } = await uki(
    ['.linux', text('no kernel that is known')],
    ['.initrd', cpioOf('for-all')],
    ['.cmdline', text('base')],
    ['.profile', text('ID=main')],
    ['.profile', text('ID=recovery')],
    ['.cmdline', text('recovery')],
    ['.initrd', cpioOf('recovery')],
  );
  expect(files).toEqual(['/for-all']);
  expect([...texts].filter(([name]) => name.includes('cmdline') || name.includes('.profile'))).toEqual([
    ['.cmdline', 'base'],
    ['profile 0 .profile', 'ID=main'],
    ['profile 1 .profile', 'ID=recovery'],
    ['profile 1 .cmdline', 'recovery'],
  ]);
});

test.each<readonly [string, Buffer, RegExp]>([
  [
    'an addon',
    pe(['.cmdline', text('quiet')]),
    /is a PE file \(an EFI program\) without an \.initrd or \.linux/,
  ],
  ['a UKI without an initrd', pe(['.linux', text('kernel')]), /is a UKI without an initrd/],
  ['a UKI that is cut off', pe(['.initrd', own]).subarray(0, 1200), /is cut off in its section \.initrd/],
  ['a table that is cut off', pe(['.initrd', own]).subarray(0, 0x110), /is cut off in its table of sections/],
])('%s is refused', async (_, bytes, message) => {
  await expect(namesOf(bytes)).rejects.toThrow(message);
});
