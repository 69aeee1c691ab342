import { expect, test } from '@jest/globals';
import { textAt } from '../../src/render/tree.ts';
import { expectGolden, listGoldens } from '../golden.ts';
import { filesOf, loadNamed, platformNames, renderNamed } from './platforms.ts';

test.each(platformNames)('%s is rendered as in its goldens', (name) => {
  const tree = renderNamed(name);
  for (const [path, file] of tree)
    expectGolden(`${name}/${path}`, 'text' in file ? file.text : `a link to ${file.target}\n`);
  expect([...listGoldens(name)].sort()).toEqual([...tree.keys()].sort());
});

test.each(platformNames)('%s: no absolute path of a machine, no time', (name) => {
  for (const [, { text }] of filesOf(name)) {
    expect(text).not.toContain(process.cwd());
    expect(text).not.toMatch(/20\d\d-\d\d-\d\d/);
  }
});

const interactive = /sh -i|\blogin|breakpoint|set -x|PS4|Enter for a shell|shadow/;

test.each(platformNames)(
  '%s: shells, breakpoints and a trace only where the platform asks for them',
  (name) => {
    const { Shell, Debug } = loadNamed(name).config?.settings.Emergency ?? {};
    const stage1 = filesOf(name).filter(([path]) => path.startsWith('minimal/'));
    const found = stage1.filter(([path, { text }]) => path.endsWith('/shadow') || interactive.test(text));
    expect(found.length > 0).toBe(Shell !== 'never' || Debug === true);
  },
);

test('what a platform does not use is not in its output', () => {
  const sealed = textAt(renderNamed('sealed'), 'minimal/init') ?? '';
  expect(sealed).not.toMatch(/cmdline|PARTLABEL|panic_on_corruption|veritysetup|reboot -n?f/);
  const qemu = textAt(renderNamed('qemu-x86_64'), 'minimal/init') ?? '';
  expect(qemu).not.toMatch(/blkid|veritysetup|btrfs|squashfs|poweroff/);
});

test('the system as the full initrd has no account that can log in', () => {
  for (const name of platformNames) {
    const passwd = textAt(renderNamed(name), 'minimal/skeleton/etc/passwd');
    if (loadNamed(name).config?.settings.FullInitrd.Source !== 'usr') expect(passwd).toBeUndefined();
    // ! is no hash of any password: shadow(5).
    else
      for (const line of passwd?.trimEnd().split('\n') ?? ['none'])
        expect(line).toMatch(/^[^:]+:!:.*nologin$/);
  }
});
