import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { withInitrd } from '../../src/initrd/archives.ts';
import { formatMtree } from '../../src/minimal/entries.ts';
import { microcodeEntries } from '../../src/minimal/microcode.ts';
import { packMinimalInitrd } from '../../src/minimal/minimal-initrd.ts';
import type { Kernel } from '../../src/sysroot/kernel.ts';
import { hasBuiltInInitrd } from '../../src/sysroot/microcode.ts';
import { run } from '../../src/tools/run.ts';
import { findingsOf } from '../check/findings-of.ts';
import { configure } from '../config/platform-files.ts';

const sysroot = mkdtempSync(join(tmpdir(), 'bootrelay-microcode-'));
afterAll(() => rmSync(sysroot, { recursive: true }));

beforeAll(() => {
  const files = {
    'intel-ucode/06-8e-09': 'second.',
    'intel-ucode/06-03-02': 'first.',
    'intel-ucode/06-9e-0a.initramfs': 'third.',
    'intel-ucode/06-9e-0a.orig': 'not this',
    'amd-ucode/microcode_amd.bin': 'amd',
    'amd-ucode/README': 'not this',
  };
  for (const [path, text] of Object.entries(files)) {
    const file = join(sysroot, 'usr/lib/firmware', path);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, text);
  }
});

const kernel = (options: Readonly<Record<string, string>>): Kernel => ({
  version: '6.12',
  sysroot: '',
  directory: '',
  builtin: new Set(),
  modules: new Map(),
  options: new Map(Object.entries(options)),
  devices: () => new Map(),
  softDependencies: () => ({ before: [], after: [] }),
  places: () => new Map(),
  builtInAliases: () => [],
  otherNames: () => new Map(),
});

test('the early cpio has what the kernel looks for, by the names that it compares, in front of the rest', async () => {
  const work = join(sysroot, 'work');
  const early = await microcodeEntries(['intel', 'amd'], sysroot, work);
  expect(readFileSync(join(work, 'GenuineIntel.bin'), 'utf8')).toBe('first.second.third.');
  const options = { work, compression: 'zstd', level: 1, architecture: 'x86-64', early } as const;
  const { file } = await packMinimalInitrd([], options);
  await withInitrd(file, { work }, ({ archives }) => {
    expect(archives.map((archive) => [archive.compression, archive.early])).toEqual([
      ['none', true],
      ['zstd', false],
    ]);
  });
  const listed = await run({ program: 'bsdtar', args: ['-tf', file] });
  expect(listed.trim().split('\n')).toEqual([
    'kernel/x86/microcode/GenuineIntel.bin',
    'kernel/x86/microcode/AuthenticAMD.bin',
  ]);
  expect(formatMtree(early, { contents: false })).toMatch(
    /^#mtree\nkernel\/x86\/microcode\/GenuineIntel\.bin /,
  );
});

test('a sysroot without the microcode, and a kernel that cannot read it, are findings', async () => {
  const check = (vendors: readonly string[], system: string, its: Kernel) =>
    findingsOf('microcode', configure(...vendors.map((vendor) => `Initrd.Microcode=${vendor}`)), {
      sysroot: system,
      kernel: its,
    });
  expect(await check(['intel', 'amd'], sysroot, kernel({}))).toEqual([]);
  expect(await check(['intel'], join(sysroot, 'none'), kernel({}))).toMatchObject([
    { kind: 'file-missing', hint: "Debian's package intel-microcode has it" },
  ]);
  const builtIn = kernel({ INITRAMFS_SOURCE: '"initrd.cpio"' });
  expect(hasBuiltInInitrd(builtIn)).toBe(true);
  expect(hasBuiltInInitrd(kernel({ INITRAMFS_SOURCE: '""' }))).toBe(false);
  expect(await check(['intel'], sysroot, builtIn)).toMatchObject([{ kind: 'microcode-left-out' }]);
});
