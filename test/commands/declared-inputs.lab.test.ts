/** A build, a pack and the build of what was packed, each with nothing but what its depfile declares; and make reads it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openLab } from '../lab/lab.ts';
import { expectDeclared, fillDeclared, readDepfile } from './declared-inputs.ts';

const lab = openLab();
const work = mkdtempSync(join(lab.shared, 'declared-'));
afterAll(() => rmSync(work, { recursive: true }));
beforeAll(() => fillDeclared(work));

const system = ['--sysroot', 'system'];

test('a build', () => {
  expectDeclared(work, 'built', [
    'build',
    'odd #1.ini',
    ...system,
    '--set',
    'Initrd.Microcode=intel',
    '--set',
    'Initrd.SizeBudget=0',
  ]);
  // Names with blanks, # and colons: GNU make finds all of them, and nothing to do.
  expect(readDepfile(join(work, 'built-d'))).toContain('odd #1.ini');
  expect(readDepfile(join(work, 'built-d')).filter((name) => name.includes(':')).length).toBeGreaterThan(10);
  writeFileSync(join(work, 'Makefile'), 'include built-d\n');
  const make = spawnSync('make', ['--question', 'built/initrd.img'], { cwd: work, encoding: 'utf8' });
  expect({ status: make.status, stderr: make.stderr }).toEqual({ status: 0, stderr: '' });
});

test('a thin image, and the build that knows it', () => {
  const thin = ['--set', 'FullInitrd.Source=thin'];
  expectDeclared(work, 'thin', ['pack', 'odd #1.ini', ...thin, '--initrd', 'full.img', ...system]);
  expectDeclared(work, 'known', ['build', 'odd #1.ini', ...thin, ...system, '--image', 'thin']);
});

test('a sysroot that is /: paths are absolute, and what lasts as long as the command is none of them', () => {
  const env = { ...process.env, BOOTRELAY_TOOLS_TREE: lab.tools };
  const args = [
    'pack',
    'bootrelay:qemu-x86_64',
    '--initrd',
    'full.img',
    '--sysroot',
    '/',
    '--output',
    'root',
    '--depfile',
    'root-d',
  ];
  const cli = new URL('../../dist/cli.js', import.meta.url).pathname;
  expect(spawnSync(cli, args, { cwd: work, env }).status).toBe(0);
  const inputs = readDepfile(join(work, 'root-d')).filter((name) => name !== 'full.img');
  expect(inputs.length).toBeGreaterThan(10);
  expect(inputs.filter((name) => !name.startsWith('/') || /^\/tmp\/bootrelay-/.test(name))).toEqual([]);
});
