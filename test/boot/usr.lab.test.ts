import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { unitsOfSkeleton } from '../../src/build/initrd-units.ts';
import { planBoot } from '../../src/plan/plan.ts';
import { renderSkeleton } from '../../src/render/skeleton.ts';
import { configure } from '../config/platform-files.ts';
import { openLab } from '../lab/lab.ts';
import { boot, reported } from './boots.ts';

/** What generators, udev and systemd itself add at boot. */
const added =
  /^(dev-.*|sys-.*)\.device$|^(sysroot|run-credentials.*)\.mount$|^-\.slice$|\.slice$|^systemd-fsck|^initrd-(cleanup|udevadm-cleanup-db|switch-root)\.|^init\.scope$|^modprobe@|^systemd-vconsole-setup|^systemd-(journald-varlink|udevd-varlink)|^shutdown\.target$/;

test("the system's own /usr as the full initrd: multi-user, and the units that run are those that check lists", async () => {
  const result = await boot({
    full: 'usr',
    goal: 'multi-user',
    usr: 'erofs',
    settings: [
      'FullInitrd.ExtraFiles=/etc/modprobe.d',
      'FullInitrd.Mask=systemd-udev-load-credentials.service',
    ],
  });
  expect(result.verdict.facts.filter(({ ok }) => !ok)).toEqual([]);
  expect(result.verdict).toMatchObject({ ok: true });
  expect(reported(result, 'failed-unit')).toEqual([]);

  const stage2 = /check-usr: .*?Switching root/s.exec(readFileSync(result.log, 'latin1'))?.[0] ?? '';
  const said = /systemd\[1\]: (?:Finished|Started|Mounted|Reached target|Listening on) (\S+?) - /g;
  const ran = new Set([...stage2.matchAll(said)].map((match) => match[1] as string));
  expect(ran.size).toBeGreaterThan(20);

  const config = configure('FullInitrd.Source=usr', 'FullInitrd.Mask=systemd-udev-load-credentials.service');
  const listed = unitsOfSkeleton(renderSkeleton(config, planBoot(config, [])), openLab().sysroot);
  const leftOut = listed.filter((unit) => unit.leftOut !== undefined).map(({ name }) => name);
  expect(leftOut.filter((name) => ran.has(name))).toEqual([]);
  const runs = listed.filter((unit) => unit.leftOut === undefined).map(({ name }) => name);
  expect([...ran].filter((name) => !runs.includes(name) && !added.test(name))).toEqual([]);
  // And those without conditions do run: all that systemd says of itself in this part of the boot.
  expect([...ran]).toEqual(
    expect.arrayContaining([
      'sysinit.target',
      'basic.target',
      'initrd.target',
      'systemd-tmpfiles-setup.service',
    ]),
  );
});
