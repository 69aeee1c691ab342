import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { planBoot } from '../../src/plan/plan.ts';
import { renderSkeleton } from '../../src/render/skeleton.ts';
import { unitsOfSkeleton } from '../../src/sysroot/units.ts';
import { configure } from '../config/platform-files.ts';
import { openLab } from '../lab/lab.ts';
import { boot, reported } from './boots.ts';

/** What generators, udev and systemd itself add at boot. */
const added =
  /^(dev-.*|sys-.*)\.device$|^(sysroot|run-credentials.*)\.mount$|^-\.slice$|\.slice$|^systemd-fsck|^initrd-(cleanup|udevadm-cleanup-db|switch-root)\.|^init\.scope$|^modprobe@|^systemd-vconsole-setup|^systemd-(journald-varlink|udevd-varlink)|^shutdown\.target$/;

test("the system's own /usr as the full initrd: multi-user, and the units that run are those that check lists", async () => {
  const settings = [
    'FullInitrd.Source=usr',
    'FullInitrd.ExtraFiles=/etc/modprobe.d',
    'FullInitrd.Mask=systemd-udev-load-credentials.service',
  ];
  const result = await boot({ full: 'usr', goal: 'multi-user', usr: 'erofs', settings });
  expect(result.verdict.facts.filter(({ ok }) => !ok)).toEqual([]);
  expect(result.verdict).toMatchObject({ ok: true });
  expect(reported(result, 'failed-unit')).toEqual([]);

  const log = readFileSync(result.log, 'latin1');
  const stage2 = /systemd \d+\S* running in system mode.*?Switching root/s.exec(log)?.[0] ?? '';
  const said = /systemd\[1\]: (?:Finished|Started|Mounted|Reached target|Listening on) (\S+?) - /g;
  const ran = new Set([...stage2.matchAll(said)].map((match) => match[1] as string));

  const { sysroot } = openLab();
  const config = configure(...settings);
  const { ExtraFiles } = config.settings.FullInitrd;
  const listed = unitsOfSkeleton(renderSkeleton(config, planBoot(config, [])), sysroot, ExtraFiles);
  const leftOut = listed.filter((unit) => unit.leftOut !== undefined).map(({ name }) => name);
  expect(leftOut.filter((name) => ran.has(name))).toEqual([]);
  const runs = listed.filter((unit) => unit.leftOut === undefined);
  const names = runs.map(({ name }) => name);
  expect([...ran].filter((name) => !names.includes(name) && !added.test(name))).toEqual([]);
  // Those without conditions do run, but for /sysusr/usr, which is mounted already.
  const sure = runs.filter(({ conditions }) => conditions.length === 0).map(({ name }) => name);
  expect(sure.filter((name) => !ran.has(name))).toEqual(['sysusr-usr.mount']);
});
