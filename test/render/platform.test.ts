import { expect, test } from '@jest/globals';
import { textAt } from '../../src/render/tree.ts';
import { expectGolden, listGoldens } from '../golden.ts';
import { filesOf, platformNames, renderNamed } from './platforms.ts';

test.each(platformNames)('%s is rendered as in its goldens', (name) => {
  const tree = renderNamed(name);
  for (const [path, file] of tree)
    expectGolden(`${name}/${path}`, 'text' in file ? file.text : `a link to ${file.target}\n`);
  expect([...listGoldens(name)].sort()).toEqual([...tree.keys()].sort());
});

test('a production /init has under 150 lines', () => {
  const text = textAt(renderNamed('qemu-x86_64'), 'minimal/init') ?? '';
  const lines = text.trimEnd().split('\n');
  expect(lines.length).toBeLessThan(150);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(120);
});

test.each(platformNames)('%s: no absolute path of a machine, no time', (name) => {
  for (const [, { text }] of filesOf(name)) {
    expect(text).not.toContain(process.cwd());
    expect(text).not.toMatch(/20\d\d-\d\d-\d\d/);
  }
});

test('what a platform does not use is not in its output', () => {
  const sealed = textAt(renderNamed('sealed'), 'minimal/init') ?? '';
  expect(sealed).not.toMatch(/cmdline|PARTLABEL|panic_on_corruption|veritysetup|reboot -f/);
  const qemu = textAt(renderNamed('qemu-x86_64'), 'minimal/init') ?? '';
  expect(qemu).not.toMatch(/blkid|veritysetup|btrfs|squashfs|poweroff/);
});
