/** A disk image that is given, booted as it is: through UEFI, by its own loader, and with a kernel and initrd. */
import { createHash } from 'node:crypto';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Verdict } from '../../src/boot/verdict.ts';
import { type BootArguments, boot } from '../../src/commands/boot.ts';
import { build } from '../../src/commands/build.ts';
import { makeDisk } from '../../src/disk/disk.ts';
import { findKernelImage } from '../../src/sysroot/kernel.ts';
import type { Accelerator } from '../../src/tools/qemu.ts';
import { run } from '../../src/tools/run.ts';
import { openLab, sharedImages, sharedUsr } from '../lab/lab.ts';
import { makeGivenDisk } from './given-disk.ts';

const lab = openLab();
const work = mkdtempSync(join(lab.shared, 'given-'));
const platform = new URL('../../platforms/qemu-x86_64.ini', import.meta.url).pathname;
const set = [
  'Initrd.CompressionLevel=3',
  'Initrd.SizeBudget=32M',
  `FullInitrd.Image=${sharedImages.dracut.erofs}`,
  'FullInitrd.FileSystem=erofs',
  'Devices.Timeout=10s',
  'Emergency.Delay=100ms',
];
const usr = join(lab.shared, sharedUsr.erofs);
const kernel = findKernelImage(lab.sysroot, lab.kernel) ?? '';
const initrd = join(work, 'build/initrd.img');
const append = 'root=PARTLABEL=ROOT rootfstype=ext4 rw systemd.verity=no';
let raw = '';
let qcow2 = '';

beforeAll(async () => {
  const { sysroot } = lab;
  const built = await build({
    ...{ platform, set, sysroot, kernel: lab.kernel, output: join(work, 'build'), json: true },
  });
  expect(built.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  // Its own command line names no console, and is quiet: what the judge needs is added through the SMBIOS.
  raw = await makeGivenDisk({ kernel, initrd, commandLine: `${append} quiet`, usr, work });
  qcow2 = join(work, 'given.qcow2');
  await run({ program: 'qemu-img', args: ['convert', '-f', 'raw', '-O', 'qcow2', raw, qcow2] });
});
afterAll(() => rmSync(work, { recursive: true }));

const sha256 = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

async function bootImage(image: string, more: Partial<BootArguments>) {
  const before = sha256(image);
  const result = await boot({
    ...{ platform, set, sysroot: undefined, kernel: undefined, initrd: undefined, image, slot: 'B' },
    ...{ rootHash: `${usr}.roothash`, until: 'multi-user', timeout: 280, memory: 1024, append: '' },
    accelerator: process.env.BOOTRELAY_TEST_ACCELERATOR as Accelerator,
    ...{ keepDisk: false, tpm: false, disk: 'virtio-blk', json: true },
    output: mkdtempSync(join(lab.shared, 'given-boot-')),
    ...more,
  });
  expect(sha256(image)).toBe(before);
  return { ...result, verdict: result.json.verdict as Verdict };
}

test('raw, through UEFI: the UKI in it boots slot B, and the system reports the same facts as any other', async () => {
  const { exitCode, verdict, json } = await bootImage(raw, { append: 'bootrelay.test=1' });
  expect(verdict.facts.filter(({ ok }) => !ok)).toEqual([]);
  expect({ exitCode, ok: verdict.ok }).toEqual({ exitCode: 0, ok: true });
  const rootHash = readFileSync(`${usr}.roothash`, 'utf8');
  const asked = `mount.usr=PARTLABEL=USR-B usrhash=${rootHash} bootrelay.test=1`;
  // The words that were added, the check in the full initrd, and the ten of a machine that is made here.
  expect(verdict.facts.map(({ statement }) => statement)).toEqual([
    `the loader in the image added to the kernel command line: ${asked}`,
    'the full initrd checked /usr, and went on',
    expect.stringMatching(/^systemd of the full initrd ran as PID 1, from the packed image$/),
    ...Array.from({ length: 9 }, () => expect.any(String)),
  ]);
  expect(verdict.notAsked).toBeUndefined();
  expect((json.machine as { commandLine: string }).commandLine).toMatch(
    / quiet console=ttyS0 .*bootrelay\.test=1$/,
  );
});

test('qcow2, with kernel and initrd: a damaged block of the slot, in the layer only, stops the boot', async () => {
  const { exitCode, verdict } = await bootImage(qcow2, { kernel, initrd, append, fault: 'usr-first-block' });
  expect({ exitCode, summary: verdict.summary }).toEqual({
    exitCode: 0,
    summary: 'as expected: kernel panic: dm-verity device corrupted',
  });
});

test('qcow2, with kernel and initrd: sound, it is handed over to', async () => {
  const { exitCode, verdict } = await bootImage(qcow2, { kernel, initrd, append, until: 'stage-2' });
  expect({ exitCode, facts: verdict.facts.map(({ ok, statement }) => ({ ok, statement })) }).toEqual({
    exitCode: 0,
    facts: [{ ok: true, statement: 'the full initrd checked /usr, and went on' }],
  });
});

test.each<[string, (file: string) => Promise<unknown> | undefined, Partial<BootArguments>, RegExp]>([
  [
    'zeros, with no kernel',
    (file) => truncate(file, 2 ** 21),
    {},
    /it has no GPT; a boot through UEFI firmware needs/,
  ],
  [
    'zeros, for a slot',
    (file) => truncate(file, 2 ** 21),
    { kernel, append: 'usrhash=ab' },
    /--slot needs a disk with a GPT/,
  ],
  ['a file that is no disk', (file) => truncate(file, 5000), {}, /has 5120 bytes: a disk image is required/],
  [
    'the beginning of an image',
    (file) => copyStart(raw, file, 2 ** 24),
    {},
    /its GPT says that it has \d+: .* cut off\?/,
  ],
  ['no EFI system partition', (file) => smallDisk(file), {}, /no EFI system partition .*: give --kernel/],
  [
    'a disk without the other slot',
    (file) => smallDisk(file),
    { kernel },
    /no partition for slot B of PARTLABEL=USR-A: .* it has 1 USR-A PARTUUID=/,
  ],
  [
    'no root hash',
    (file) => smallDisk(file),
    { kernel, slot: undefined, rootHash: undefined },
    /takes the root hash from the kernel command line, and none is given: --root-hash/,
  ],
  [
    'another format',
    (file) => run({ program: 'qemu-img', args: ['create', '-q', '-f', 'vmdk', file, '4M'] }),
    {},
    /of format vmdk: raw or qcow2 is required; qemu-img convert/,
  ],
])('refused: %s', async (_, make, more, words) => {
  const file = join(mkdtempSync(join(work, 'bad-')), 'disk.img');
  await make(file);
  await expect(bootImage(file, more)).rejects.toThrow(words);
});

function truncate(file: string, size: number): undefined {
  writeFileSync(file, '');
  truncateSync(file, size);
}

function copyStart(source: string, file: string, size: number): undefined {
  const bytes = Buffer.alloc(size);
  const descriptor = openSync(source, 'r');
  readSync(descriptor, bytes, 0, size, 0);
  closeSync(descriptor);
  writeFileSync(file, bytes);
}

function smallDisk(file: string): Promise<void> {
  const content = `${file}.part`;
  writeFileSync(content, 'no file system');
  return makeDisk([{ name: 'USR-A', uuid: 'b0074e1a-0000-4000-8000-000000000102', file: content }], file);
}
