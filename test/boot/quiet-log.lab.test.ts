/** A kernel that takes no words from programs (printk.devkmsg=off): the reason is on the console, and the action comes. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { boot } from './boots.ts';

test.each(['shell', 'systemd'] as const)('%s: a boot that stops', async (form) => {
  const { ended, log } = await boot({
    ...{ full: 'probe', goal: 'hand-over', image: 'erofs', usr: 'erofs', machine: 'uml-new', form },
    settings: ['Devices.Timeout=1s', 'Emergency.Delay=1s'],
    fault: {
      what: 'no log, no disk',
      disks: [],
      commandLine: (sound) => `${sound.replace(/printk\.devkmsg=on/, '')} printk.devkmsg=off`,
      expected: { step: 'find-usr-partition', reason: 'device-missing' },
    },
  });
  expect(readFileSync(log, 'latin1')).toMatch(
    /bootrelay: find-usr-partition failed: device-missing: .*; reboot in 1 s/,
  );
  expect(ended).toBe('exit');
});
