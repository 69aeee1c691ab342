/** Slot B does not boot: systemd-boot tries it three times, then slot A comes up by itself, and tells why. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { boot } from '../../src/commands/boot.ts';
import { openLab } from '../lab/lab.ts';

const lab = openLab();
const thin = ['FullInitrd.Source=thin', 'FullInitrd.FileSystem=erofs'];

test.each([
  ['superblock-magic', 'shell', 'verity-superblock-invalid'],
  ['init-missing', 'systemd', 'init-missing'],
] as const)(
  '%s, %s form',
  async (fault, form, reason) => {
    const output = mkdtempSync(join(lab.shared, 'fallback-'));
    const { sysroot, kernel, fullInitrd: initrd } = lab;
    const { exitCode, text } = await boot({
      ...{ sysroot, kernel, initrd, output, fault, timeout: 300, until: 'multi-user', json: true },
      platform: new URL('../../platforms/qemu-x86_64.ini', import.meta.url).pathname,
      set: [
        `Initrd.Init=${form}`,
        'Initrd.CompressionLevel=3',
        'Initrd.SizeBudget=0',
        'Emergency.Delay=100ms',
        ...thin,
      ],
      accelerator: process.env.BOOTRELAY_TEST_ACCELERATOR as 'tcg',
      ...{ memory: 1024, append: '', keepDisk: false, tpm: false, disk: 'virtio-blk' },
      ...{ loader: 'uki', fallback: true },
    });
    expect(text.split('\n').filter((line) => line.startsWith('NO '))).toEqual([]);
    expect(text).toContain(`OK: slot A came up by itself, after 3 boots of slot B: `);
    expect(text).toContain(reason);
    expect(exitCode).toBe(0);
    // Five boots: jest's own limit is for one.
  },
  600_000,
);
