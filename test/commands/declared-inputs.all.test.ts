/** More builds with nothing but what their depfiles declare. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openLab } from '../lab/lab.ts';
import { expectDeclared } from './declared-inputs.ts';

const lab = openLab();
const work = mkdtempSync(join(lab.shared, 'declared-'));
afterAll(() => rmSync(work, { recursive: true }));
beforeAll(() => {
  expect(spawnSync('cp', ['-al', lab.sysroot, join(work, 'system')]).status).toBe(0);
  copyFileSync(lab.fullInitrd, join(work, 'full.img'));
  writeFileSync(join(work, 'odd #1.ini'), '[Platform]\nName=odd\nExtends=bootrelay:qemu-x86_64\n');
});

const system = ['--sysroot', 'system'];

test.each([
  ['systemd', 'odd #1.ini', ['--set', 'Initrd.Init=systemd', '--set', 'Initrd.SizeBudget=0']],
  ['coldplug', 'bootrelay:generic-x86_64', ['--set', 'Initrd.SizeBudget=0']],
  ['usr', 'odd #1.ini', ['--set', 'FullInitrd.Source=usr']],
] as const)('%s', (name, platform, settings) => {
  expectDeclared(work, name, ['build', platform, ...settings, ...system]);
});
