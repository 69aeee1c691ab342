/** `bootrelay uki` with the real ukify: what is in a UKI and an addon, and what is refused before anything is written. */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeDisk } from '../../src/disk/disk.ts';
import { readRange, withInput } from '../../src/initrd/input.ts';
import { readPeSections } from '../../src/initrd/pe.ts';
import { newcArchive } from '../initrd/newc-archive.ts';
import { openArm64, openLab, sharedUsr } from '../lab/lab.ts';

const lab = openLab();
const root = new URL('../../', import.meta.url).pathname;
const work = mkdtempSync(join(lab.shared, 'uki-test-'));
afterAll(() => rmSync(work, { recursive: true }));

const file = (name: string) => join(work, name);
const other = 'ab'.repeat(32);
const usr = join(lab.shared, sharedUsr.erofs);
const rootHash = readFileSync(`${usr}.roothash`, 'utf8');

function bootrelay(...args: readonly string[]) {
  const env = { ...process.env, NO_COLOR: '1' };
  return spawnSync('node', [join(root, 'dist/cli.js'), ...args], { cwd: work, encoding: 'utf8', env });
}

const microcode = newcArchive([{ name: 'kernel/x86/microcode/GenuineIntel.bin', mode: 0o100644, data: 'm' }]);
const minimal = newcArchive([{ name: 'init', mode: 0o100755, data: '#!/bin/sh' }]);

const system = ['--sysroot', lab.sysroot, '--kernel', lab.kernel];
const uki = (...args: readonly string[]) =>
  bootrelay('uki', join(root, 'platforms/qemu-x86_64.ini'), ...system, ...args);

beforeAll(async () => {
  writeFileSync(file('initrd.img'), Buffer.concat([microcode, minimal]));
  for (const label of ['A', 'B']) {
    writeFileSync(file(`usr-${label}`), '');
    truncateSync(file(`usr-${label}`), 1024 * 1024);
  }
  await makeDisk(
    [
      { name: 'USR-A', uuid: 'b0074e1a-0000-4000-8000-000000000201', file: usr },
      { name: 'USR-B', uuid: 'b0074e1a-0000-4000-8000-000000000202', file: file('usr-B') },
    ],
    file('disk.img'),
  );
  const key = ['-newkey', 'rsa:2048', '-noenc', '-keyout', file('db.key'), '-out', file('db.pem')];
  spawnSync('openssl', ['req', '-x509', ...key, '-subj', '/CN=test', '-days', '9999']);
});

/** The sections of an EFI program that are text, and the sizes of the others. */
async function sectionsOf(name: string): Promise<Readonly<Record<string, string | number>>> {
  const texts = ['.cmdline', '.uname', '.profile', '.sbom'];
  return withInput(file(name), (input) =>
    Object.fromEntries(
      (readPeSections(input) ?? []).map(({ name: section, data }) => [
        section,
        texts.includes(section) ? readRange(data).toString().replace(/\0+$/, '') : data.end - data.start,
      ]),
    ),
  );
}

test('a UKI has kernel, minimal initrd, words and bill of materials, and is signed', async () => {
  writeFileSync(file('sbom.json'), '{"bomFormat":"CycloneDX"}');
  const { status, stderr } = uki(
    ...['--initrd', 'initrd.img', '--usr', usr, '--sbom', 'sbom.json', '--output', 'signed.efi'],
    ...['--set', 'Uki.CommandLine=quiet', '--append', 'x=1'],
    ...['--secureboot-private-key', 'db.key', '--secureboot-certificate', 'db.pem'],
  );
  expect({ status, stderr }).toMatchObject({ status: 0 });
  expect(await sectionsOf('signed.efi')).toMatchObject({
    '.cmdline': `quiet usrhash=${rootHash} systemd.verity=no x=1`,
    '.uname': lab.kernel,
    '.sbom': '{"bomFormat":"CycloneDX"}',
    '.ucode': microcode.length,
    '.initrd': minimal.length,
    '.linux': statSync(join(lab.sysroot, 'boot', `vmlinuz-${lab.kernel}`)).size,
  });
  expect(spawnSync('sbverify', ['--cert', file('db.pem'), file('signed.efi')]).status).toBe(0);
});

test('words are taken as they are, and a UKI without any has a blank command line all the same', async () => {
  const words = ['--append', 'x="a  b" @y'];
  expect(uki('--initrd', 'initrd.img', '--root-hash', other, '-o', 'words.efi', ...words).status).toBe(0);
  expect(await sectionsOf('words.efi')).toMatchObject({
    '.cmdline': `usrhash=${other} systemd.verity=no x="a  b" @y`,
  });
  const shared = ['--set', 'Uki.Slots=addon', '-o', 'blank.efi'];
  expect(uki('--initrd', 'initrd.img', ...shared).status).toBe(0);
  expect(await sectionsOf('blank.efi')).toMatchObject({ '.cmdline': ' ' });
});

test('unsigned, the same input gives the same bytes', () => {
  for (const name of ['one.efi', 'two.efi'])
    expect(uki('--initrd', 'initrd.img', '--root-hash', other, '--output', name).status).toBe(0);
  expect(readFileSync(file('one.efi')).equals(readFileSync(file('two.efi')))).toBe(true);
});

test('recovery is a second profile with more words', async () => {
  const recovery = 'Uki.Recovery=systemd.unit=rescue.target';
  const { stdout } = uki('--initrd', 'initrd.img', '--root-hash', other, '-o', 'two.efi', '--set', recovery);
  expect(stdout).toContain(`recovery: usrhash=${other} systemd.verity=no systemd.unit=rescue.target`);
  expect(await sectionsOf('two.efi')).toMatchObject({
    '.profile': 'ID=recovery\nTITLE=Recovery',
    '.cmdline': `usrhash=${other} systemd.verity=no systemd.unit=rescue.target`,
  });
});

test('the addon of a slot tells the UKI that all slots share what their disk says', async () => {
  const shared = ['--set', 'Uki.Slots=addon', '--set', 'Uki.CommandLine=quiet'];
  expect(uki('--initrd', 'initrd.img', ...shared, '--output', 'shared.efi').status).toBe(0);
  expect(await sectionsOf('shared.efi')).toMatchObject({ '.cmdline': 'quiet' });
  const addon = ['--addon', '--uki', 'shared.efi', '--slot', 'A', '--image', 'disk.img'];
  const { status, stderr } = uki(...shared, ...addon, '--output', 'a.addon.efi');
  expect({ status, stderr }).toMatchObject({ status: 0 });
  expect(await sectionsOf('a.addon.efi')).toMatchObject({
    '.cmdline': `mount.usr=PARTLABEL=USR-A usrhash=${rootHash} systemd.verity=no`,
    '.uname': lab.kernel,
  });
});

const arm64 = openArm64();
const addon = ['--set', 'Uki.Slots=addon', '--addon'];

test.each([[`usrhash=${other}`], ['quiet systemd.verity=yes'], ['"usrhash=x"']])(
  'words that would name another /usr behind the right one are refused: %s',
  (append) => {
    const { status, stderr } = uki(
      '--initrd',
      'initrd.img',
      '--root-hash',
      other,
      '--append',
      append,
      '-o',
      'no.efi',
    );
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringMatching(/^bootrelay: --append \S+: which \/usr boots/),
    });
    expect(existsSync(file('no.efi'))).toBe(false);
  },
);

test.each([
  ['no root hash', ['--initrd', 'initrd.img'], 2, /--root-hash HEX or FILE is required/],
  ['no minimal initrd', ['--root-hash', other], 2, /--initrd is required/],
  [
    'a root hash of another /usr',
    ['--initrd', 'initrd.img', '--usr', usr, '--root-hash', other],
    2,
    /--root-hash says that the root hash is abab.*they must be of the same \/usr/,
  ],
  ['a /usr without a hash tree', ['--initrd', 'initrd.img', '--usr', 'usr-B'], 2, /usr-B has no hash tree/],
  [
    'a kernel for another processor',
    ['--initrd', 'initrd.img', '--root-hash', other, '--sysroot', arm64.sysroot, '--kernel', arm64.kernel],
    2,
    /for arm64, and Platform.Architecture=x86-64 is required/,
  ],
  [
    'a stub for another processor',
    [
      '--initrd',
      'initrd.img',
      '--root-hash',
      other,
      '--stub',
      join(arm64.sysroot, 'boot', `vmlinuz-${arm64.kernel}`),
    ],
    2,
    /the stub|stub .* is for arm64/,
  ],
  [
    'more words than the kernel takes',
    ['--initrd', 'initrd.img', '--root-hash', other, '--append', 'x'.repeat(2048)],
    1,
    /Uki.CommandLine: the kernel command line of the UKI has 21\d\d bytes, and the kernel takes 2047/,
  ],
  [
    'a UKI over its budget',
    ['--initrd', 'initrd.img', '--root-hash', other, '--set', 'Uki.SizeBudget=1M'],
    1,
    /the unified kernel image has 1\d\.\d+ MB and must have at most 1\.05 MB/,
  ],
  [
    'a slot without a hash tree',
    [...addon, '--slot', 'B', '--image', 'disk.img'],
    2,
    /partition 2, has no hash tree/,
  ],
  [
    'an addon with the root hash of the other slot',
    [...addon, '--slot', 'A', '--image', 'disk.img', '--root-hash', other],
    2,
    /the partition of slot A in --image that it is/,
  ],
  [
    'an addon for a UKI of one slot',
    [...addon, '--slot', 'B', '--root-hash', other, '--uki', 'one.efi'],
    2,
    /one.efi has usrhash=abab.* in itself/,
  ],
  [
    'an addon that with its UKI has too many words',
    [...addon, '--slot', 'B', '--root-hash', other, '--set', `Uki.CommandLine=${'x'.repeat(1950)}`],
    1,
    /kernel command line of the UKI has 20\d\d bytes/,
  ],
  ['an addon of a platform without', ['--addon', '--slot', 'B', '--root-hash', other], 2, /Uki.Slots=addon/],
  [
    'an addon without words',
    [...addon, '--set', 'KernelCommandLine.Override=no', '--set', `Verity.RootHash=${other}`],
    2,
    /the addon would be empty/,
  ],
  [
    'a root hash for a UKI that all slots share',
    ['--initrd', 'initrd.img', '--set', 'Uki.Slots=addon', '--root-hash', other],
    2,
    /--root-hash is of a slot/,
  ],
  [
    'a key that is not there',
    [
      '--initrd',
      'initrd.img',
      '--root-hash',
      other,
      '--secureboot-private-key',
      'no.key',
      '--secureboot-certificate',
      'db.pem',
    ],
    3,
    /no\.key/,
  ],
])('%s: nothing is written', (_, args, status, message) => {
  const run = uki(...args, '--output', 'refused.efi');
  expect(run.stderr).toMatch(message);
  expect(run.status).toBe(status);
  expect(existsSync(file('refused.efi'))).toBe(false);
});

test('an ESP without room is left as it is', () => {
  const script = `mount -t tmpfs -o size=1M tmpfs esp && "$@" 2>&1; echo "exit $?"; find esp`;
  spawnSync('mkdir', [file('esp')]);
  const command = [
    'node',
    join(root, 'dist/cli.js'),
    'uki',
    join(root, 'platforms/qemu-x86_64.ini'),
    ...system,
  ];
  const args = ['--initrd', 'initrd.img', '--root-hash', other, '--output', 'esp/EFI/Linux/a.efi'];
  const run = spawnSync('unshare', ['--mount', 'sh', '-c', script, 'sh', ...command, ...args], {
    cwd: work,
    encoding: 'utf8',
  });
  expect(run.stdout).toMatch(/a\.efi has 1\d\.\d+ MB, and \S+esp has 1\.05 MB left: nothing is written/);
  expect(run.stdout.trimEnd().split('\n').slice(-2)).toEqual(['exit 2', 'esp']);
});
