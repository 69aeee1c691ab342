/** More builds with nothing but what their depfiles declare. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, test } from '@jest/globals';
import { openLab } from '../lab/lab.ts';
import { expectDeclared, fillDeclared } from './declared-inputs.ts';

const lab = openLab();
const work = mkdtempSync(join(lab.shared, 'declared-'));
afterAll(() => rmSync(work, { recursive: true }));
beforeAll(() => fillDeclared(work));

const system = ['--sysroot', 'system'];

test.each([
  ['systemd', 'odd #1.ini', ['--set', 'Initrd.Init=systemd', '--set', 'Initrd.SizeBudget=0']],
  ['coldplug', 'bootrelay:generic-x86_64', ['--set', 'Initrd.SizeBudget=0']],
  ['usr', 'odd #1.ini', ['--set', 'FullInitrd.Source=usr']],
] as const)('%s', (name, platform, settings) => {
  expectDeclared(work, name, ['build', platform, ...settings, ...system]);
});
