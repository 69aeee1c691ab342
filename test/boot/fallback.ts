/** A boot of a machine whose slot B does not boot: it must come up from slot A by itself, and tell why. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { boot } from '../../src/commands/boot.ts';
import { openLab } from '../lab/lab.ts';

export interface FallbackRow {
  readonly fault: string;
  readonly form: 'shell' | 'systemd';
  readonly loader: 'uki' | 'grub';
  /** What slot A must find in pstore. */
  readonly reason: string;
}

/** Milliseconds for five boots: jest's own limit is for one. */
export const fallbackTimeout = 600_000;

const settings = ['Initrd.CompressionLevel=3', 'Initrd.SizeBudget=0', 'Emergency.Delay=100ms'];
const thin = ['FullInitrd.Source=thin', 'FullInitrd.FileSystem=erofs'];

export async function expectFallback({ fault, form, loader, reason }: FallbackRow): Promise<void> {
  const { sysroot, kernel, fullInitrd: initrd, shared } = openLab();
  const output = mkdtempSync(join(shared, 'fallback-'));
  const { exitCode, text } = await boot({
    ...{ sysroot, kernel, initrd, output, fault, loader, timeout: 300, until: 'multi-user', json: true },
    platform: new URL('../../platforms/qemu-x86_64.ini', import.meta.url).pathname,
    set: [`Initrd.Init=${form}`, ...settings, ...thin],
    accelerator: process.env.BOOTRELAY_TEST_ACCELERATOR as 'tcg',
    ...{ memory: 1024, append: '', keepDisk: false, tpm: false, disk: 'virtio-blk', fallback: true },
  });
  expect(text.split('\n').filter((line) => line.startsWith('NO '))).toEqual([]);
  expect(text).toContain('OK: slot A came up by itself, after 3 boots of slot B: ');
  expect(text).toContain(reason);
  expect(exitCode).toBe(0);
}
