/** Our reading of the rules of a loader, against the loader itself: on all programs of a system, and in both forms of stage 1. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { startOf, type Tree } from '../../src/sysroot/loader.ts';
import { fileInSysroot, resolveInSysroot } from '../../src/sysroot/paths.ts';
import { treeOfSysroot } from '../../src/sysroot/sysroot-tree.ts';
import { openLab } from '../lab/lab.ts';
import { isDynamic, type Loads, loadsOf } from './real-loader.ts';

const lab = openLab();
const root = new URL('../../', import.meta.url).pathname;
const work = mkdtempSync(join(tmpdir(), 'bootrelay-loader-'));
afterAll(() => rmSync(work, { recursive: true }));

/** The dynamic programs of some directories of a tree. */
function programsIn(tree: string, directories: readonly string[]): readonly string[] {
  return directories.flatMap((directory) => {
    const real = fileInSysroot(tree, directory);
    return (real === undefined ? [] : readdirSync(real).sort())
      .map((name) => join(directory, name))
      .filter((path) => {
        const file = fileInSysroot(tree, path);
        const stat = file === undefined ? undefined : statSync(file);
        return (
          file !== undefined && stat?.isFile() && (stat.mode & 0o111) !== 0 && isDynamic(readFileSync(file))
        );
      });
  });
}

/** What we say of a program, in the form in which the loader is asked. */
function linkedTo(tree: Tree, program: string) {
  const linked = startOf(tree, program).answers.filter(({ feature }) => feature === undefined);
  return {
    files: [...new Set(linked.flatMap(({ library }) => library?.real ?? []))].sort(),
    missing: [...new Set(linked.flatMap(({ library, names }) => (library ? [] : names)))].sort(),
  };
}

function asLinked(tree: string, loads: Loads, program: string) {
  const { files, missing } = loads.get(program) ?? { files: [], missing: ['no answer'] };
  const real = files.map((file) => resolveInSysroot(tree, file) ?? file);
  return { files: [...new Set(real)].sort(), missing: [...new Set(missing)].sort() };
}

const programDirectories = [
  '/usr/bin',
  '/usr/sbin',
  '/usr/lib/systemd',
  '/usr/lib/udev',
  '/usr/lib/apt/methods',
];

test('every program of a system gets the libraries that the loader of the system gives it', () => {
  const programs = programsIn(lab.sysroot, programDirectories);
  expect(programs.length).toBeGreaterThan(300);
  const loads = loadsOf(lab.sysroot, ['/bin/sh'], programs);
  const tree = treeOfSysroot(lab.sysroot);
  for (const program of programs)
    expect({ program, ...linkedTo(tree, program) }).toEqual({
      program,
      ...asLinked(lab.sysroot, loads, program),
    });
});

/** Builds with all dynamic programs of the system as extra files, or without, and unpacks the initrd. */
function build(name: string, platform: string, settings: readonly string[]): string {
  const output = join(work, `${name}-out`);
  const args = [
    ...[join(root, 'dist/cli.js'), 'build', join(root, 'platforms', platform), '--output', output],
    ...['--sysroot', lab.sysroot, '--kernel', lab.kernel],
    ...['Initrd.SizeBudget=0', 'Initrd.Compression=none', ...settings].flatMap((setting) => [
      '--set',
      setting,
    ]),
  ];
  const { status, stderr } = spawnSync('node', args, { encoding: 'utf8' });
  expect({ status, stderr }).toMatchObject({ status: 0 });
  const tree = join(work, name);
  mkdirSync(tree);
  execFileSync('bsdtar', ['-xf', join(output, 'initrd.img'), '-C', tree, '--exclude', 'dev/*']);
  mkdirSync(join(tree, 'proc'), { recursive: true });
  return tree;
}

const some = [
  'bash',
  'curl',
  'dracut-install',
  'file',
  'gpg',
  'openssl',
  'perl',
  'python3',
  'vim',
  'ssh',
  'udevadm',
  'kmod',
];

test.each([
  ['shell', 'qemu-x86_64.ini', ['Devices.FindBy=PARTUUID', 'Verity.Tool=veritysetup']],
  ['dmsetup', 'qemu-x86_64.ini', ['Verity.Tool=dmsetup']],
  ['systemd', 'qemu-x86_64-systemd.ini', ['Verity.Tool=veritysetup']],
  [
    'extra',
    'qemu-x86_64-systemd.ini',
    some
      .filter((name) => fileInSysroot(lab.sysroot, `/usr/bin/${name}`))
      .map((name) => `Initrd.ExtraFiles=/usr/bin/${name}`),
  ],
])('every program of the %s form starts in the minimal initrd', (name, platform, settings) => {
  const tree = build(name, platform, settings);
  const programs = programsIn(tree, programDirectories);
  const opened = readdirSync(join(tree, 'usr/lib'), { recursive: true })
    .map(String)
    .filter((path) => /\.so\.\d+$/.test(path) && !/ld-linux|libc\.so/.test(path))
    .map((path) => path.replace(/^.*\//, ''));
  expect(programs.length).toBeGreaterThan(0);
  // What was not linked is opened by its name, as LD_PRELOAD does it: all must be found.
  const loads = loadsOf(tree, ['/usr/bin/busybox', 'sh'], programs, [...new Set(opened)].join(':'));
  for (const program of programs) {
    const { missing } = loads.get(program) ?? { missing: ['no answer'] };
    expect({ program, missing }).toEqual({ program, missing: [] });
  }
});
