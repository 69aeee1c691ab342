import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { dracutModuleDirectory } from '../../src/render/platform.ts';
import { platformNames, renderNamed } from './platforms.ts';
import { runProgram } from './shells.ts';

const work = mkdtempSync(join(tmpdir(), 'bootrelay-test-'));
afterAll(() => rmSync(work, { recursive: true }));

/** halt-force came with systemd 254; the check itself is in the full initrd, not here. */
const unknownHere =
  /Failed to parse FailureAction=, ignoring: halt-force|Command \/usr\/lib\/bootrelay\/check-usr is not executable/;

test.each(platformNames)('systemd-analyze verify accepts the units of %s', (name) => {
  const units = [...renderNamed(name)].filter(([path]) => /\.(service|mount)$/.test(path));
  expect(units.length).toBeGreaterThanOrEqual(2);
  const files = units.map(([path, { text }]) => {
    const file = join(work, path.slice(dracutModuleDirectory.length + 1));
    writeFileSync(file, text);
    return file;
  });
  const env = { ...process.env, SYSTEMD_UNIT_PATH: `${work}:` };
  const { stderr } = runProgram(['systemd-analyze', 'verify', ...files], '', env);
  const complaints = stderr
    .split('\n')
    .filter((line) => line.includes(work) || /bootrelay|sysusr|sysroot/.test(line));
  expect(complaints.filter((line) => !unknownHere.test(line))).toEqual([]);
});
