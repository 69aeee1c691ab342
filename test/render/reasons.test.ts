import { expect, test } from '@jest/globals';
import { planBoot } from '../../src/plan/plan.ts';
import { type ReasonName, reasons } from '../../src/plan/reasons.ts';
import { renderStep } from '../../src/render/step-text.ts';
import { filesOf, loadNamed, platformNames } from './platforms.ts';

/** The reasons with which a script stops. */
const stops = (text: string) =>
  [...text.matchAll(/\b(?:stop|refuse|set --) ([a-z0-9]+(?:-[a-z0-9]+)+) /g)].map((match) => match[1]);

test.each(platformNames)('%s: what a step says can go wrong is what its text stops with', (name) => {
  const { config, files } = loadNamed(name);
  if (!config) throw new Error(name);
  const plan = planBoot(config, files);
  for (const step of plan.steps) {
    expect([...new Set(stops(renderStep(step, plan)))].sort()).toEqual(
      // systemd mounts the kernel's file systems itself.
      plan.form === 'systemd' && step.name === 'mount-kernel-filesystems'
        ? expect.anything()
        : [...step.failures].sort(),
    );
  }
});

test('every reason is one of the table, and each is used', () => {
  const scripts = platformNames.flatMap((name) => filesOf(name).map(([, { text }]) => text));
  const used = new Set(scripts.flatMap(stops));
  for (const reason of ['unit-failed', 'usr-unmountable', 'hand-over-failed'])
    if (scripts.some((text) => text.includes(`${reason}: `))) used.add(reason);
  expect([...used].sort()).toEqual((Object.keys(reasons) as ReasonName[]).sort());
});
