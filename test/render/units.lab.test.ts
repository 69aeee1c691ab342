import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { dracutModuleDirectory } from '../../src/render/platform.ts';
import { openLab } from '../lab/lab.ts';
import { platformNames, renderNamed } from './platforms.ts';

const lab = openLab();
const work = mkdtempSync(join(lab.sysroot, 'var/tmp/units-'));
afterAll(() => rmSync(work, { recursive: true }));

test.each(platformNames)('systemd 257 accepts the units of %s', (name) => {
  const directory = join(work, name);
  mkdirSync(directory);
  const units = [...renderNamed(name)].filter(([path]) => /\.(service|mount)$/.test(path));
  const files = units.map(([path, { text }]) => {
    const file = join(directory, path.slice(dracutModuleDirectory.length + 1));
    // The check is a program of the full initrd, not of the sysroot.
    writeFileSync(file, text.replace('ExecStart=/usr/lib/bootrelay/check-usr', 'ExecStart=/usr/bin/true'));
    return file.slice(lab.sysroot.length);
  });
  const verify = ['systemd-analyze', 'verify', '--man=no', '--recursive-errors=no', ...files];
  const { stdout, stderr, status } = spawnSync('chroot', [lab.sysroot, ...verify], { encoding: 'utf8' });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
});
