import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { unitSets, unitsOf } from './platforms.ts';
import { runProgram } from './shells.ts';

const work = mkdtempSync(join(tmpdir(), 'bootrelay-test-'));
afterAll(() => rmSync(work, { recursive: true }));

/** halt-force came with systemd 254; the programs are in the initrds, not here; udev and the journal may not be. */
const unknownHere =
  /Failed to parse FailureAction=, ignoring: halt-force|Command \/(usr\/lib|etc)\/bootrelay\/\S+ is not executable|Command \/usr\/bin\/rm is not executable|Unit systemd-udevd\.service not found/;

test.each(unitSets)('systemd-analyze verify accepts the units of %s, %s initrd', (name, initrd) => {
  const units = unitsOf(name, initrd);
  expect(units.length).toBeGreaterThanOrEqual(1);
  const directory = join(work, `${name}-${initrd}`);
  mkdirSync(directory);
  const files = units.map(([unit, text]) => {
    const file = join(directory, unit);
    writeFileSync(file, text);
    return file;
  });
  const env = { ...process.env, SYSTEMD_UNIT_PATH: `${directory}:` };
  const { stderr } = runProgram(['systemd-analyze', 'verify', ...files], '', env);
  const complaints = stderr
    .split('\n')
    .filter((line) => line.includes(directory) || /bootrelay|sysusr|sysroot/.test(line));
  expect(complaints.filter((line) => !unknownHere.test(line))).toEqual([]);
});
