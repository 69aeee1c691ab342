/** docs/tutorial.md as its reader follows it: its `sh` blocks in one shell (set-up, `shell`, is done), its files compared. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { openLab } from './lab/lab.ts';

const root = new URL('..', import.meta.url).pathname;
const work = mkdtempSync(join(openLab().shared, 'tutorial-'));
afterAll(() => rmSync(work, { recursive: true }));

const text = readFileSync(join(root, 'docs/tutorial.md'), 'utf8');

function blocks(language: string): readonly string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(
    ([, body]) => body ?? '',
  );
}

test('every command works, and says what the page says', () => {
  const bin = join(work, 'bin');
  mkdirSync(bin);
  symlinkSync(join(root, 'dist/cli.js'), join(bin, 'bootrelay'));
  const commands = blocks('sh');
  expect(commands.length).toBeGreaterThanOrEqual(9);
  // The file as it was written, before a later step changes it.
  const script = commands.join('\n').replace(/^bootrelay new .*$/m, '$&\ncp vm.ini ../written.ini');
  const env = {
    ...process.env,
    PATH: `${bin}:${process.env.PATH}`,
    NO_COLOR: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
  };
  const result = spawnSync('bash', ['-eu', '-o', 'pipefail', '-c', script], {
    cwd: work,
    encoding: 'utf8',
    env,
  });
  expect({ status: result.status, stderr: result.stderr }).toEqual({ status: 0, stderr: result.stderr });

  const written = readFileSync(join(work, 'written.ini'), 'utf8');
  expect(`${written.replaceAll(/^#.*\n/gm, '').trim()}\n`).toBe(blocks('ini vm\\.ini')[0]);
  const { stdout } = result;
  expect(stdout).toContain('1 platform: 0 errors, 0 warnings, 1 note');
  expect(stdout).toMatch(/^\d+ rendered\/vm\/minimal\/init$/m);
  expect(stdout).toMatch(/^OK: multi-user\.target reached/m);
  expect(stdout).toMatch(/^OK: .*verity-root-hash-mismatch/m);
  expect(stdout).toContain('setting: Emergency.Delay from 10 (default) to 3');
  expect(stdout).toContain('setting: Initrd.SizeBudget from 4M');
  for (const file of ['boot/timeline.svg', 'build/sizes.txt', 'report.html'])
    expect(existsSync(join(work, 'my-distribution', file))).toBe(true);
  const report = readFileSync(join(work, 'my-distribution/report.html'), 'utf8');
  for (const title of ['What is different', 'The boot', 'A measured boot', 'What the initrd is made of'])
    expect(report).toContain(`>${title}</h2>`);
}, 600_000);
