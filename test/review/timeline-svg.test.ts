import { expect, test } from '@jest/globals';
import type { Milestone } from '../../src/boot/timeline.ts';
import { drawTimeline } from '../../src/review/timeline-svg.ts';

const milestones: readonly Milestone[] = [
  { name: 'init', uptime: 2, stage: 'kernel' },
  { name: 'set-up-verity', uptime: 2.5, stage: 'stage 1' },
  { name: 'check-usr', uptime: 4, stage: 'stage 2' },
  { name: 'multi-user', uptime: 10, stage: 'system' },
];

test('each milestone has its bar, as long as it takes', () => {
  const svg = drawTimeline(milestones, 'a <b> & "c"');
  const widths = [...svg.matchAll(/<rect .*?width="([\d.]+)"/g)].map(([, text]) => Number(text));
  expect(widths).toEqual([22, 66, 264, 2]);
  expect(svg).toContain('<title>a &lt;b&gt; &amp; &quot;c&quot;</title>');
  for (const { name } of milestones) expect(svg).toContain(`>${name}</text>`);
  expect(svg).toContain('at 10.00 s');
});

test('a boot without milestones is a picture without bars', () => {
  expect(drawTimeline([], 'nothing')).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
});
