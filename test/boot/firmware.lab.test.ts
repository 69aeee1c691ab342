/** From the firmware on: OVMF, systemd-boot and its stub, Secure Boot, a TPM, and root hashes that the firmware's keys signed. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { copyTree } from '../../src/boot/usr-image.ts';
import { boot } from '../../src/commands/boot.ts';
import { openLab } from '../lab/lab.ts';

const lab = openLab();
type Arguments = Parameters<typeof boot>[0];

/** Boots the lab's system; the test's console log is `log`. */
async function bootLab(args: Partial<Arguments>) {
  const output = mkdtempSync(join(lab.shared, 'firmware-'));
  const { sysroot, kernel, fullInitrd: initrd } = lab;
  const result = await boot({
    ...{ sysroot, kernel, initrd, output, platform: platformOf('qemu-x86_64'), timeout: 280 },
    accelerator: process.env.BOOTRELAY_TEST_ACCELERATOR as Arguments['accelerator'],
    ...{ memory: 1024, append: '', keepDisk: false, tpm: false, disk: 'virtio-blk', json: true },
    ...{ until: 'stage-2', ...args },
    set: [
      'Initrd.CompressionLevel=3',
      'Initrd.SizeBudget=0',
      'Emergency.Delay=100ms',
      ...thin,
      ...(args.set ?? []),
    ],
  });
  const errors = result.findings.filter(({ severity }) => severity === 'error');
  const wrong = result.text.split('\n').filter((line) => line.startsWith('NO '));
  const log = readFileSync(join(output, 'console.log'), 'latin1');
  return { errors, wrong, exitCode: result.exitCode, text: result.text, log };
}

const thin = ['FullInitrd.Source=thin', 'FullInitrd.FileSystem=erofs'];
const platformOf = (name: string) => new URL(`../../platforms/${name}.ini`, import.meta.url).pathname;
const good = { errors: [], wrong: [], exitCode: 0 };

test.each([
  ['an addon tells of /usr, with Secure Boot and a TPM', { loader: 'addon', secureBoot: true, tpm: true }],
  ['a UKI, with a TPM; systemd form', { loader: 'uki', tpm: true, set: ['Initrd.Init=systemd'] }],
] as const)('%s: multi-user, and PCR 4, 11 and 12 are as computed', async (_, args) => {
  const { text, log, ...booted } = await bootLab({
    ...args,
    until: 'multi-user',
    set: [...('set' in args ? args.set : [])],
  });
  expect(booted).toEqual(good);
  for (const number of [4, 11, 12])
    expect(text).toMatch(new RegExp(`^yes {2}PCR ${number} is as computed`, 'm'));
  expect(text.includes('yes  Secure Boot has locked the kernel down')).toBe('secureBoot' in args);
  expect(log.includes('Kernel is locked down from EFI Secure Boot')).toBe('secureBoot' in args);
});

test('an entry with kernel and initrd, with Secure Boot', async () => {
  const { text, log, ...booted } = await bootLab({ loader: 'entry', secureBoot: true });
  expect(booted).toEqual(good);
  expect(log).toContain('Kernel is locked down from EFI Secure Boot');
});

/** The lab's system with a file in the place of a signature. */
async function withSignatureFile(): Promise<string> {
  const sysroot = mkdtempSync(join(lab.shared, 'signed-'));
  await copyTree(lab.sysroot, join(sysroot, 'tree'));
  mkdirSync(join(sysroot, 'tree/etc/verity.d'), { recursive: true });
  writeFileSync(join(sysroot, 'tree/etc/verity.d/usr.p7s'), 'of another root hash');
  return join(sysroot, 'tree');
}

const secure = { loader: 'uki', secureBoot: true } as const;
const required = 'Verity.RequireSignature=yes';
const fromFile = [required, 'Verity.RootHashSignature=/etc/verity.d/usr.p7s'];

test('a root hash that the key in the firmware signed is accepted, others are refused with their reason', async () => {
  const sysroot = await withSignatureFile();
  const signedBy = (signer: Arguments['signer']) => bootLab({ ...secure, sysroot, signer, set: fromFile });
  const { text: accepted, log: _, ...booted } = await signedBy('own');
  expect(booted).toEqual(good);
  expect(accepted).toContain('OK: ');
  const foreign = await signedBy('foreign');
  expect(foreign.exitCode).toBe(4);
  expect(foreign.text).toMatch(/set-up-verity failed: verity-device-refused: .*\(-ENOKEY\)/);
  const expired = await signedBy('expired');
  expect(expired.text).toMatch(/set-up-verity failed: verity-device-refused: .*\(-EKEYREJECTED\)/);
  expect(expired.log).toContain('PKCS7: Message signed outside of X.509 validity window');
  // The kernel has no clock that it trusts: it asks for nothing but the time in the signature, where there is one.
  const { text, log, ...without } = await signedBy('expired-without-time');
  expect(without).toEqual(good);
});

test('without a signature nothing is set up', async () => {
  const { text, exitCode } = await bootLab({ ...secure, set: [required] });
  expect(text).toMatch(/set-up-verity failed: verity-device-refused: .*\(-ENOKEY\)/);
  expect(exitCode).toBe(4);
});

const discoverable = {
  platform: platformOf('discoverable'),
  set: [
    'Modules.Load=listed',
    'Modules.ModuleDirectories=',
    'Modules.Modules=',
    'Modules.Modules=virtio_blk',
  ],
};

test.each([
  ['own', /^OK: /m],
  ['foreign', /set-up-verity failed: verity-device-refused: .*\(-ENOKEY\)/],
] as const)('the signature on a partition of its own, signed by: %s', async (signer, message) => {
  const set = [...discoverable.set, required, 'Verity.RootHashSignature=partition'];
  const { text } = await bootLab({ ...secure, ...discoverable, signer, set });
  expect(text).toMatch(message);
});
