import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { PlatformConfig } from '../../src/config/validate.ts';
import { planBoot } from '../../src/plan/plan.ts';
import { type RenderedFile, type RenderedLink, textAt } from '../../src/render/tree.ts';
import { compareSides } from '../../src/review/compare.ts';
import { formatText, noOthers } from '../../src/review/format-comparison.ts';
import { sideOfPlatform } from '../../src/review/read-side.ts';
import type { Side } from '../../src/review/side.ts';
import { expectGolden, goldenPath, listGoldens } from '../golden.ts';
import { filesOf, loadNamed, platformNames, renderNamed } from './platforms.ts';

/** The two platforms whose rendered text is kept whole, by form. Of the others what `diff` prints against that of their form. */
const wholePlatforms = { shell: 'qemu-x86_64', systemd: 'qemu-x86_64-systemd' } as const;
const nearestOf = (name: string) => wholePlatforms[configOf(name).settings.Initrd.Init];

test.each(Object.values(wholePlatforms))('%s is rendered as in its goldens', (name) => {
  const tree = renderNamed(name);
  for (const [path, file] of tree) expectGolden(`${name}/${path}`, contentOf(file));
  // A file that is no longer rendered must not stay.
  expect([...listGoldens(name)].sort()).toEqual([...tree.keys()].map(goldenPath).sort());
});

test.each(platformNames.filter((name) => nearestOf(name) !== name))(
  '%s differs from the platform that is kept whole as its golden says',
  (name) => {
    const text = differences(nearestOf(name), name);
    expect(text).not.toContain('too different to show');
    expectGolden(`${name}.txt`, text);
  },
);

/**
 * What `diff` prints, and a digest of everything that is rendered. Both sides of a diff give each other, but for what
 * `diff` leaves out: line numbers of origins, the first comment of each file, explain.txt, modes, and files that only
 * root may read. Where one of these changes, the digest does.
 */
function differences(whole: string, name: string): string {
  const [old, fresh] = [whole, name].map((platform) => {
    const config = configOf(platform);
    return sideOfPlatform(platform, config, planBoot(config, loadNamed(platform).files));
  }) as [Side, Side];
  const digest = createHash('sha256');
  for (const [path, file] of renderNamed(name))
    digest.update(JSON.stringify([path, contentOf(file), 'mode' in file ? file.mode : 'link']));
  return `${formatText([compareSides(old, fresh)], noOthers)}\nsha256 of all that is rendered: ${digest.digest('hex')}\n`;
}

function contentOf(file: RenderedFile | RenderedLink): string {
  return 'text' in file ? file.text : `a link to ${file.target}\n`;
}

function configOf(name: string): PlatformConfig {
  const { config, findings } = loadNamed(name);
  if (!config) throw new Error(JSON.stringify(findings));
  return config;
}

test.each(platformNames)('%s: no absolute path of a machine, no time', (name) => {
  for (const [, { text }] of filesOf(name)) {
    expect(text).not.toContain(process.cwd());
    expect(text).not.toMatch(/20\d\d-\d\d-\d\d/);
  }
});

const interactive = /sh -i|\blogin|breakpoint|set -x|PS4|Enter for a shell|shadow/;

test.each(platformNames)('%s: shells, breakpoints and a trace only where the platform sets them', (name) => {
  const { Shell, Debug } = loadNamed(name).config?.settings.Emergency ?? {};
  const stage1 = filesOf(name).filter(([path]) => path.startsWith('minimal/'));
  const found = stage1.filter(([path, { text }]) => path.endsWith('/shadow') || interactive.test(text));
  expect(found.length > 0).toBe(Shell !== 'never' || Debug === true);
});

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
