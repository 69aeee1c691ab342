import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { openLab } from '../lab/lab.ts';
import { unitSets, unitsOf } from './platforms.ts';

const lab = openLab();
const work = mkdtempSync(join(lab.sysroot, 'var/tmp/units-'));
afterAll(() => rmSync(work, { recursive: true }));

test.each(unitSets)('systemd 257 accepts the units of %s, %s initrd', (name, initrd) => {
  const directory = join(work, `${name}-${initrd}`);
  mkdirSync(directory);
  const files = unitsOf(name, initrd).map(([unit, text]) => {
    const file = join(directory, unit);
    // The scripts are programs of the initrds, not of the sysroot.
    writeFileSync(
      file,
      text.replace(/ExecStart=\/(usr\/lib|etc)\/bootrelay\/\S+/, 'ExecStart=/usr/bin/true'),
    );
    return file.slice(lab.sysroot.length);
  });
  const verify = ['systemd-analyze', 'verify', '--man=no', '--recursive-errors=no', ...files];
  const env = { ...process.env, SYSTEMD_UNIT_PATH: `${directory.slice(lab.sysroot.length)}:` };
  const { stdout, stderr, status } = spawnSync('chroot', [lab.sysroot, ...verify], { encoding: 'utf8', env });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
});
