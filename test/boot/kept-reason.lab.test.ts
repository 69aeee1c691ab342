/** The reason of a boot that failed is still there after the reboot, where the kernel has a place for it. */
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { openLab } from '../lab/lab.ts';
import { boot, reported } from './boots.ts';

/** Memory that the kernel leaves alone, and ramoops in it, which also keeps the log of a restart (ramoops.rst). */
const reserved = 'memmap=1M$0x20000000';
const ramoops = 'ramoops mem_address=0x20000000 mem_size=0x100000 record_size=0x40000 max_reason=4';

test.each([
  ['shell', 'reboot'],
  ['shell', 'panic'],
  ['systemd', 'reboot'],
] as const)('%s, %s: the next boot finds it in pstore', async (form, action) => {
  const options = {
    ...({ full: 'probe', image: 'erofs', usr: 'erofs', goal: 'multi-user', form } as const),
    modules: ['Modules.Modules=virtio_blk', `Modules.Modules=${ramoops}`],
    settings: [`Emergency.Action=${action}`],
    memoryFile: join(openLab().shared, `memory-${form}-${action}`),
  };
  const failed = await boot({ ...options, append: `${reserved} usrhash=${'ab'.repeat(32)}` });
  expect(failed.seen.failure).toMatch(/^set-up-verity failed: verity-root-hash-mismatch/);
  expect(failed.ended).toBe('exit');
  const next = await boot({ ...options, append: reserved });
  expect(reported(next, 'pstore')).toContainEqual(
    expect.stringMatching(/^dmesg-ramoops-\d+ bootrelay: set-up-verity failed: verity-root-hash-mismatch: /),
  );
});
