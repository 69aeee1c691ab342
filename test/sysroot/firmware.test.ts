/** Firmware as the kernel finds it (drivers/base/firmware_loader/main.c): by directory, compressed or not. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { firmwareEntries } from '../../src/minimal/firmware.ts';
import { microcodeEntries } from '../../src/minimal/microcode.ts';
import { firmwareFiles } from '../../src/sysroot/firmware.ts';
import type { Kernel } from '../../src/sysroot/kernel.ts';
import { findingsOf } from '../check/findings-of.ts';
import { configure } from '../config/platform-files.ts';
import { elfFile } from './elf-file.ts';
import { type Files, makeSystem, mergedUsr } from './systems.ts';

const work = mkdtempSync(join(tmpdir(), 'bootrelay-firmware-'));
afterAll(() => rmSync(work, { recursive: true }));

const zstd = (input: string) => execFileSync('zstd', ['-qc'], { input });
const xz = (input: string) => execFileSync('xz', ['-c', '--check=crc32'], { input });

/** PLACE=FILE for each file that a name stands for. */
const found = (files: Files, name = 'v/d.bin') =>
  firmwareFiles(makeSystem(files), '6.12', name).map(({ path, from }) => `${path}=${from}`);

const at = (...directories: readonly string[]) =>
  Object.fromEntries(directories.map((directory) => [`${directory}/v/d.bin`, directory]));
const all = ['updates/6.12/', 'updates/', '6.12/', ''].map((name) =>
  `/usr/lib/firmware/${name}`.slice(0, -1),
);

test.each([0, 1, 2, 3])('of the directories that the kernel looks into the first is taken: %s', (index) => {
  const [first] = all.slice(index);
  const from = `${first}/v/d.bin`.replace('/usr', '');
  expect(found({ ...mergedUsr, ...at(...all.slice(index)) })).toEqual([`${first}/v/d.bin=${from}`]);
});

test('a file that is not compressed goes before others, whatever the directory; zstd before xz', () => {
  const files = { '/lib/firmware/updates/v/d.bin.zst': '', '/lib/firmware/updates/v/d.bin.xz': '' };
  expect(found({ ...files, '/lib/firmware/v/d.bin': '' })).toEqual([
    '/usr/lib/firmware/v/d.bin=/lib/firmware/v/d.bin',
  ]);
  expect(found(files)).toEqual(['/usr/lib/firmware/updates/v/d.bin=/lib/firmware/updates/v/d.bin.zst']);
});

test.each<[string, Files]>([
  ['/lib that is no link', at('/lib/firmware')],
  ['/usr/lib without a link to it', at('/usr/lib/firmware')],
  ['/lib that is a link', { '/lib': '-> usr/lib', ...at('/usr/lib/firmware') }],
  ['a link to a directory', { '/lib/firmware': '-> /opt/fw', ...at('/opt/fw') }],
  ['a link to a file', { '/lib/firmware/v/d.bin': '-> e.bin', '/lib/firmware/v/e.bin': '' }],
])('firmware is found in a %s', (_, files) => {
  expect(found(files).map((text) => text.replace(/=.*/, ''))).toEqual(['/usr/lib/firmware/v/d.bin']);
});

test('what is not there, a link to nothing and a directory are none', () => {
  expect(found(mergedUsr)).toEqual([]);
  expect(found({ '/lib/firmware/v/d.bin': '-> none', '/lib/firmware/v/d.bin.zst/x': '' })).toEqual([]);
});

test('a pattern stands for all names, each once', () => {
  const files = {
    '/lib/firmware/v/a-1.bin': '',
    '/lib/firmware/v/a-2.bin.xz': '',
    '/lib/firmware/updates/v/a-1.bin': '',
  };
  expect(found({ ...files, '/lib/firmware/v/b.bin': '' }, 'v/a-*.bin')).toEqual([
    '/usr/lib/firmware/updates/v/a-1.bin=/lib/firmware/updates/v/a-1.bin',
    '/usr/lib/firmware/v/a-2.bin=/lib/firmware/v/a-2.bin.xz',
  ]);
});

test('the minimal initrd has firmware of modules decompressed', async () => {
  const sysroot = makeSystem({ '/lib/firmware/v/d.bin.zst': zstd('code'), '/lib/firmware/v/e.bin': 'plain' });
  const module = join(work, 'disk.ko');
  const info = ['name=disk', 'vermagic=6.12 SMP', 'firmware=v/d.bin', 'firmware=v/e.bin', ''].join('\0');
  writeFileSync(module, elfFile({ sections: { '.modinfo': Buffer.from(info) } }));
  const entries = await firmwareEntries({ sysroot, kernel: { version: '6.12' }, work }, [module]);
  const texts = entries.map((entry) => [entry.path, 'source' in entry && readFileSync(entry.source, 'utf8')]);
  expect(texts).toEqual([
    ['/usr/lib/firmware/v/d.bin', 'code'],
    ['/usr/lib/firmware/v/e.bin', 'plain'],
  ]);
});

const intel = (files: Files): Files =>
  Object.fromEntries(
    Object.entries(files).map(([name, text]) => [`/lib/firmware/intel-ucode/${name}`, text]),
  );

test.each<[string, Files]>([
  ['none', { '06-03-02': 'a', '06-8e-09': 'b', '06-8e-0a.initramfs': 'c' }],
  ['some', { '06-03-02.xz': xz('a'), '06-8e-09': 'b', '06-8e-0a.initramfs.zst': zstd('c') }],
  ['all', { '06-03-02.zst': zstd('a'), '06-8e-09.zst': zstd('b'), '06-8e-0a.initramfs.zst': zstd('c') }],
  [
    'a second copy',
    {
      '06-03-02': 'a',
      '06-03-02.xz': xz('x'),
      '06-8e-09': 'b',
      '06-8e-0a.initramfs': 'c',
      '06-8e-0a.orig.xz': xz('y'),
    },
  ],
])('microcode is whole, with %s compressed', async (name, files) => {
  const [entry] = await microcodeEntries(['intel'], makeSystem(intel(files)), join(work, name));
  expect(entry && 'source' in entry && readFileSync(entry.source, 'utf8')).toBe('abc');
});

test('microcode that cannot be decompressed is a finding that names its file', async () => {
  const sysroot = makeSystem(intel({ '06-03-02': 'a', '06-8e-09.xz': xz('b').subarray(0, 40) }));
  const kernel = { version: '6.12', options: new Map() } as unknown as Kernel;
  const findings = await findingsOf('microcode', configure('Initrd.Microcode=intel'), { sysroot, kernel });
  expect(findings).toMatchObject([
    { kind: 'file-damaged', message: expect.stringMatching(/intel-ucode\/06-8e-09\.xz: /) },
  ]);
});
