import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { boot, reported, type TestBoot } from './boots.ts';

const ways: readonly (readonly [string, Omit<TestBoot, 'full' | 'goal'> & Partial<TestBoot>])[] = [
  [
    'erofs image, /usr on erofs, dm-create, bound, root hash from the command line',
    { image: 'erofs', usr: 'erofs' },
  ],
  [
    'squashfs image, /usr on btrfs, veritysetup, moved, root hash built in',
    {
      image: 'squashfs',
      usr: 'btrfs',
      builtIn: true,
      settings: ['Verity.Tool=veritysetup', 'Usr.HandOver=move'],
    },
  ],
  [
    'systemd as PID 1 of stage 1, erofs image, /usr on erofs',
    { form: 'systemd', image: 'erofs', usr: 'erofs' },
  ],
  ['a thin squashfs image, its data read from /usr', { image: 'squashfs', usr: 'erofs', thin: 'overlay' }],
  [
    'systemd as PID 1 of stage 1, a thin erofs image of links',
    { form: 'systemd', image: 'erofs', usr: 'btrfs', thin: 'links', settings: ['Usr.HandOver=move'] },
  ],
  [
    "systemd as PID 1 of stage 1, the system's own /usr on btrfs as the full initrd, moved",
    { full: 'usr', form: 'systemd', usr: 'btrfs', settings: ['Usr.HandOver=move'] },
  ],
];

test.each(ways)('%s: multi-user, and the guest says so', async (_, way) => {
  const result = await boot({ full: 'dracut', goal: 'multi-user', ...way });
  expect(result.verdict.facts.filter(({ ok }) => !ok)).toEqual([]);
  expect(result.verdict).toMatchObject({ ok: true });
  expect(result.verdict.facts).toHaveLength(10);
  // systemd of the full initrd was PID 1, from the packed image, and let the check run before it went on.
  const names = result.seen.milestones.map(({ name, stage }) => `${stage}: ${name}`);
  expect(names.slice(-5)).toEqual([
    'stage 2: systemd',
    'stage 2: check-usr',
    'stage 2: switch-to-system',
    'system: systemd',
    'system: multi-user',
  ]);
  expect(reported(result, 'failed-unit')).toEqual([]);
  // udev of the full initrd accepts the verity device as it is.
  const log = readFileSync(result.log, 'latin1');
  expect(log).not.toMatch(
    /Failed to create\/update device symlink|Timed out waiting for device|has been corrupted/,
  );
});
