import { expect, test } from '@jest/globals';
import { expectGolden, listGoldens } from '../golden.ts';
import { platformNames, renderNamed } from './platforms.ts';

test.each(platformNames)('%s is rendered as in its goldens', (name) => {
  const tree = renderNamed(name);
  for (const [path, { text }] of tree) expectGolden(`${name}/${path}`, text);
  expect([...listGoldens(name)].sort()).toEqual([...tree.keys()].sort());
});

test('a production /init has under 150 lines', () => {
  const text = renderNamed('qemu-x86_64').get('minimal/init')?.text ?? '';
  const lines = text.trimEnd().split('\n');
  expect(lines.length).toBeLessThan(150);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(120);
});

test.each(platformNames)('%s: no absolute path of a machine, no time', (name) => {
  for (const [, { text }] of renderNamed(name)) {
    expect(text).not.toContain(process.cwd());
    expect(text).not.toMatch(/20\d\d-\d\d-\d\d/);
  }
});

test('what a platform does not use is not in its output', () => {
  const sealed = renderNamed('sealed').get('minimal/init')?.text ?? '';
  expect(sealed).not.toMatch(/cmdline|PARTLABEL|panic_on_corruption|veritysetup|reboot/);
  const qemu = renderNamed('qemu-x86_64').get('minimal/init')?.text ?? '';
  expect(qemu).not.toMatch(/blkid|veritysetup|btrfs|squashfs|poweroff/);
});
