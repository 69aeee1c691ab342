/** The list of checks: which of its rows run with what a command knows, and that every command runs this list. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { checks } from '../../src/check/checks.ts';
import { runChecks } from '../../src/check/run-checks.ts';
import { readSystem } from '../../src/check/system.ts';
import { planBoot } from '../../src/plan/plan.ts';
import { configure } from '../config/platform-files.ts';

const config = configure('Initrd.SizeBudget=1M', 'FullInitrd.SizeBudget=1M');
const platform = { config, plan: planBoot(config, []) };
const names = (rows: readonly { readonly name: string }[]) => rows.map(({ name }) => name);

test('every check has a name of its own, and one that tells nothing after another comes behind it', () => {
  expect(new Set(names(checks)).size).toBe(checks.length);
  for (const [index, { after = [] }] of checks.entries())
    for (const other of after) expect(checks.slice(0, index)).toContain(other);
});

test('a check runs where its data are there, once', async () => {
  expect(await runChecks(platform)).toEqual({ findings: [], ran: [], failed: [] });
  const small = await runChecks({ ...platform, imageSize: 1 });
  expect(names(small.ran)).toEqual(['budget-of-image']);
  const again = await runChecks({ ...platform, imageSize: 2 ** 21 }, small);
  expect(again).toEqual(small);
  const large = await runChecks({ ...platform, imageSize: 2 ** 21 });
  expect(large.findings).toMatchObject([{ kind: 'over-budget', severity: 'error' }]);
  expect(names(large.failed)).toEqual(['budget-of-image']);
});

test('a check that tells nothing after an error of another does not run then', async () => {
  // It is no image: whether it shares files with /usr is not asked.
  const image = new URL('../../package.json', import.meta.url).pathname;
  const { ran, failed } = await runChecks({ ...platform, image, sysroot: '/' });
  expect(names(failed)).toContain('image-fits');
  expect(names(ran)).not.toContain('image-sharing');
});

test('a sysroot that is none, and one without the kernel, are findings', async () => {
  for (const sysroot of ['/none', '/']) {
    const data = { ...platform, ...readSystem(sysroot, '0-none') };
    const { findings, failed } = await runChecks(data);
    expect(findings).toContainEqual(expect.objectContaining({ kind: 'kernel-missing' }));
    expect(names(failed)).toContain('system');
    if (sysroot === '/none') expect(findings).toHaveLength(1);
  }
});

test('every command that has something to check runs this list, and no row of it by itself', () => {
  const source = (path: string) =>
    readFileSync(new URL(`../../src/${path}`, import.meta.url).pathname, 'utf8');
  for (const path of ['commands/check.ts', 'commands/build.ts', 'commands/pack.ts', 'boot/machine.ts'])
    expect(source(path)).toMatch(/\bawait runChecks\(/);
  const files = readdirSync(new URL('../../src', import.meta.url).pathname, { recursive: true }).map(String);
  const others = files.filter((path) => path.endsWith('.ts') && !path.startsWith('check/'));
  const imported = others.flatMap((path) => [
    ...source(path).matchAll(/import \{([^}]*)\} from '[./]*\/check\/([\w-]+)\.ts'/g),
  ]);
  const taken = imported.flatMap(([, words = '']) =>
    words.split(',').map((word) => word.replace('type ', '').trim()),
  );
  const shared = ['runChecks', 'systemLacks', 'Checked', 'Given', 'readSystem', 'readImage'];
  expect(taken.filter((name) => !shared.includes(name))).toEqual([]);
  expect(taken).toContain('runChecks');
});
