import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { DiskBus } from '../../src/tools/qemu.ts';
import { boot } from './boots.ts';

/** [Modules] of the shipped platform. */
const modules = readFileSync(new URL('../../platforms/generic-x86_64.ini', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => /^(Load|ModuleDirectories)=/.test(line))
  .map((line) => `Modules.${line}`);

test.each<readonly [DiskBus, 'shell' | 'systemd']>([
  ['virtio-blk', 'shell'],
  ['virtio-scsi', 'shell'],
  ['nvme', 'shell'],
  ['ahci', 'shell'],
  ['usb', 'shell'],
  ['ahci', 'systemd'],
])('generic-x86_64 finds /usr on %s, %s', async (diskBus, form) => {
  const settings = ['Devices.Timeout=30s'];
  const options = { full: 'probe', goal: 'hand-over', image: 'erofs', usr: 'erofs' } as const;
  // systemd is in the sysroot with the kernel for virtual machines only; that has these drivers too, but no USB.
  const generic = form === 'shell';
  const result = await boot({ ...options, form, diskBus, modules, settings, generic });
  expect(result.seen.failure).toBeUndefined();
  expect(result.verdict).toMatchObject({ ok: true });
});
