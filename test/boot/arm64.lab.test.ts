/** Debian 13 for arm64 in QEMU's virt machine, built on a machine of another processor. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { boot } from '../../src/commands/boot.ts';
import { openArm64, openLab } from '../lab/lab.ts';

const { sysroot, kernel, packages } = openArm64();

test.each([
  [
    'shell form, thin by links, through UEFI',
    'qemu-arm64',
    ['FullInitrd.Source=thin', 'FullInitrd.Thin=links'],
    true,
  ],
  ['systemd form, whole', 'qemu-arm64-systemd', ['Initrd.Compression=zstd', 'Initrd.SizeBudget=32M'], false],
])('%s: the full initrd is handed over to, and finds the verified /usr', async (_, name, settings, tpm) => {
  const output = mkdtempSync(join(openLab().shared, 'arm64-'));
  const { exitCode, text, findings } = await boot({
    ...{ sysroot, kernel, initrd: packages, until: 'stage-2', timeout: 170, output },
    platform: new URL(`../../platforms/${name}.ini`, import.meta.url).pathname,
    set: ['Initrd.CompressionLevel=3', ...settings],
    // KVM, where there is one, is for this machine's own processor.
    ...{ accelerator: 'tcg', memory: 1024, append: '', keepDisk: false, tpm, disk: 'virtio-blk', json: true },
  });
  expect({ errors: findings.filter(({ severity }) => severity === 'error'), exitCode }).toEqual({
    errors: [],
    exitCode: 0,
  });
  expect(text).toContain('OK: the full initrd with its check of /usr reached');
  // The kernel's stub in its image is started by UEFI only.
  expect(readFileSync(join(output, 'console.log'), 'latin1').includes('EFI stub: Booting Linux Kernel')).toBe(
    tpm,
  );
});
