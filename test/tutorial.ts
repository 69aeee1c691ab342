/** docs/tutorial.md as its reader follows it: its `sh` blocks in one shell (set-up, `shell`, is done), its files compared. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { labDirectory } from './lab/lab.ts';

const root = new URL('..', import.meta.url).pathname;
const text = readFileSync(join(root, 'docs/tutorial.md'), 'utf8');

function blocks(language: string): readonly string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(
    ([, body]) => body ?? '',
  );
}

/**
 * Follows it in the empty directory `work`, as an ordinary user who owns a copy of the lab. `bin` has bootrelay, and comes
 * first in PATH; only what is in there and in the system is found.
 */
export function followTutorial(work: string, bin: string): void {
  const commands = blocks('sh');
  expect(commands.length).toBeGreaterThanOrEqual(9);
  // The file as it was written, before a later step changes it.
  const script = commands.join('\n').replace(/^bootrelay new .*$/m, '$&\ncp vm.ini ../written.ini');
  chmodSync(work, 0o755);
  mkdirSync(join(work, 'home'));
  const { status, stdout, stderr } = spawnSync(
    'sh',
    [join(root, 'test/as-user.sh'), labDirectory, work, bin, `set -eu -o pipefail\n${script}`],
    { encoding: 'utf8' },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr });

  const own = join(work, 'home');
  const written = readFileSync(join(own, 'written.ini'), 'utf8');
  expect(`${written.replaceAll(/^#.*\n/gm, '').trim()}\n`).toBe(blocks('ini vm\\.ini')[0]);
  expect(stdout).toContain('1 platform: 0 errors, 0 warnings, 1 note');
  expect(stdout).toMatch(/^\d+ rendered\/vm\/minimal\/init$/m);
  expect(stdout).toMatch(/^OK: multi-user\.target reached/m);
  expect(stdout).toMatch(/^OK: .*verity-root-hash-mismatch/m);
  expect(stdout).toContain('setting: Emergency.Delay from 10 (default) to 3');
  expect(stdout).toContain('setting: Initrd.SizeBudget from 4M');
  for (const file of ['boot/timeline.svg', 'build/sizes.txt', 'build/sbom.cdx.json', 'report.html'])
    expect(existsSync(join(own, 'my-distribution', file))).toBe(true);
  const report = readFileSync(join(own, 'my-distribution/report.html'), 'utf8');
  for (const title of ['What is different', 'The boot', 'A measured boot', 'What the initrd is made of'])
    expect(report).toContain(`>${title}</h2>`);
}
