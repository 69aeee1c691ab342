/** Debian 12, to the hand-over: Linux 6.1, systemd 252, dracut 059. What it does not support is a finding of `check`. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { runChecks } from '../../src/check/run-checks.ts';
import { readSystem } from '../../src/check/system.ts';
import { boot } from '../../src/commands/boot.ts';
import { planBoot } from '../../src/plan/plan.ts';
import type { Accelerator } from '../../src/tools/qemu.ts';
import { configure } from '../config/platform-files.ts';
import { openLab, openRelease } from '../lab/lab.ts';

const bookworm = openRelease('bookworm');

/** What ships for QEMU, but quicker to compress. */
function bootBookworm(form: 'shell' | 'systemd', initrd: string | undefined, ...settings: readonly string[]) {
  const name = form === 'shell' ? 'qemu-x86_64' : 'qemu-x86_64-systemd';
  return boot({
    ...{ sysroot: bookworm.sysroot, kernel: bookworm.kernel, initrd, until: 'hand-over', timeout: 120 },
    platform: new URL(`../../platforms/${name}.ini`, import.meta.url).pathname,
    set: ['Initrd.Compression=zstd', 'Initrd.CompressionLevel=3', 'Initrd.SizeBudget=32M', ...settings],
    output: mkdtempSync(join(openLab().shared, 'bookworm-')),
    accelerator: process.env.BOOTRELAY_TEST_ACCELERATOR as Accelerator,
    ...{ memory: 1024, append: '', keepDisk: false, tpm: false, disk: 'virtio-blk', json: true },
  });
}

const thin = ['FullInitrd.Source=thin', 'FullInitrd.Thin=links'];
const usr = ['FullInitrd.Source=usr'];

test.each<[string, 'shell' | 'systemd', string | undefined, readonly string[]]>([
  ['shell form, dracut, thin by links', 'shell', bookworm.dracut, thin],
  [
    'shell form, initramfs-tools',
    'shell',
    bookworm.initramfsTools,
    ['FullInitrd.Init=/usr/lib/bootrelay/init'],
  ],
  ["shell form, the system's own /usr", 'shell', undefined, usr],
  ['systemd form, dracut, thin by links', 'systemd', bookworm.dracut, thin],
  ["systemd form, the system's own /usr", 'systemd', undefined, usr],
])('%s: the full initrd is handed over to', async (_, form, initrd, settings) => {
  const { exitCode, text, findings } = await bootBookworm(form, initrd, ...settings);
  expect({ errors: findings.filter(({ severity }) => severity === 'error'), exitCode }).toEqual({
    errors: [],
    exitCode: 0,
  });
  expect(text).toContain('OK: the hand-over reached');
});

test.each([
  ['thin by an overlay', ['FullInitrd.Source=thin', 'FullInitrd.Thin=overlay'], 'kernel-too-old'],
  [
    'systemd-veritysetup, which has no hash-offset= there',
    ['Initrd.Init=systemd', 'Verity.Tool=systemd-veritysetup'],
    'program-too-old',
  ],
])('what it does not support is a finding: %s', async (_, settings, kind) => {
  const config = configure('Modules.Modules=virtio_blk', 'FullInitrd.Image=/usr/lib/full.img', ...settings);
  const plan = planBoot(config, []);
  const { findings } = await runChecks({ config, plan, ...readSystem(bookworm.sysroot, bookworm.kernel) });
  const errors = findings.filter(({ severity }) => severity === 'error');
  expect(errors.map((error) => error.kind)).toEqual([kind]);
});
