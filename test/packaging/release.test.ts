/** What a release is made of, made twice: the one file alone, the packages around it, their bills and checksums. */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeRelease, root } from './make-release.ts';

const work = mkdtempSync(join(tmpdir(), 'bootrelay-test-'));
afterAll(() => rmSync(work, { recursive: true }));

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const made = join(work, 'made');
/** A directory with the one file, and a package.json of somebody else's. */
const alone = join(work, 'alone');

beforeAll(() => {
  makeRelease(made, ['npm', 'deb']);
  mkdirSync(alone);
  copyFileSync(join(made, 'bootrelay.mjs'), join(alone, 'bootrelay.mjs'));
  writeFileSync(join(alone, 'package.json'), '{"name": "other", "version": "9.9.9"}\n');
}, 120_000);

function run(file: string, ...args: readonly string[]) {
  const env = { PATH: process.env.PATH, NO_COLOR: '1' };
  return spawnSync('node', [file, ...args], { cwd: alone, encoding: 'utf8', env });
}

const bootrelay = (...args: readonly string[]) => run('bootrelay.mjs', ...args);

test('the same commit gives the same bytes', () => {
  makeRelease(join(work, 'again'), ['npm', 'deb']);
  const sums = (directory: string) => readFileSync(join(work, directory, 'SHA256SUMS'), 'utf8');
  expect(sums('again')).toBe(sums('made'));
  const check = spawnSync('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: made });
  expect(check.status).toBe(0);
  expect(
    sums('made')
      .trim()
      .split('\n')
      .map((line) => line.slice(66)),
  ).toEqual(
    readdirSync(made)
      .filter((name) => name !== 'SHA256SUMS')
      .sort(),
  );
}, 120_000);

test('the one file says its version wherever it is, and needs nothing beside it', () => {
  expect(bootrelay('--version').stdout).toBe(`${version}\n`);
  const { status, stdout } = bootrelay('help', 'Usr.Device');
  expect({ status, stdout }).toEqual({
    status: 0,
    stdout: expect.stringContaining('The partition that holds /usr'),
  });
  expect(bootrelay('man').stdout).toContain(`"bootrelay ${version}"`);
});

test('its platforms are found by name, and render as those of the sources do', () => {
  writeFileSync(join(alone, 'my.ini'), '[Platform]\nName=qemu-x86_64\nExtends=bootrelay:qemu-x86_64\n');
  expect(bootrelay('render', 'my.ini', 'bootrelay:qemu-x86_64-systemd', '--output', 'rendered').status).toBe(
    0,
  );
  const text = readFileSync(join(alone, 'rendered/qemu-x86_64/minimal/init'), 'utf8');
  const golden = spawnSync('node', [
    join(root, 'dist/cli.js'),
    'render',
    join(root, 'platforms/qemu-x86_64.ini'),
    '--output',
    join(work, 'golden'),
  ]);
  expect(golden.status).toBe(0);
  const withoutFiles = (rendered: string) => rendered.replaceAll(/\(\S+\.ini:\d+\)|^# .*\.ini.*$/gm, '');
  expect(withoutFiles(text)).toBe(
    withoutFiles(readFileSync(join(work, 'golden/qemu-x86_64/minimal/init'), 'utf8')),
  );
});

test('the report, with the boot as a picture', () => {
  expect(bootrelay('report', 'bootrelay:qemu-x86_64', '--output', 'report.html').status).toBe(0);
  expect(readFileSync(join(alone, 'report.html'), 'utf8')).toContain('<svg');
});

test('the npm package needs no other package', () => {
  const prefix = join(work, 'prefix');
  const tarball = join(made, `bootrelay-${version}.tgz`);
  const env = { PATH: process.env.PATH, HOME: work, npm_config_cache: join(work, 'cache') };
  const install = [
    'install',
    '--global',
    '--offline',
    '--no-audit',
    '--no-fund',
    '--prefix',
    prefix,
    tarball,
  ];
  const installed = spawnSync('npm', install, { encoding: 'utf8', env });
  expect({ status: installed.status, stderr: installed.stderr }).toEqual({ status: 0, stderr: '' });
  expect(readdirSync(join(prefix, 'lib/node_modules'))).toEqual(['bootrelay']);
  const { stdout } = spawnSync(join(prefix, 'bin/bootrelay'), ['--version'], {
    encoding: 'utf8',
    cwd: alone,
  });
  expect(stdout).toBe(`${version}\n`);
});

test('the Debian package has the file, its page, completions, examples and licences', () => {
  const deb = join(made, `bootrelay_${version}_all.deb`);
  expect(spawnSync('dpkg-deb', ['--extract', deb, join(work, 'deb')]).status).toBe(0);
  expect(run(join(work, 'deb/usr/lib/bootrelay/bootrelay.mjs'), '--version').stdout).toBe(`${version}\n`);
  for (const path of [
    'share/man/man1/bootrelay.1.gz',
    'share/bash-completion/completions/bootrelay',
    'share/doc/bootrelay/copyright',
    'share/doc/bootrelay/licenses.txt',
    'share/doc/bootrelay/examples/kernel-install/install.conf',
    'lib/kernel/install.d/89-bootrelay.install',
    'lib/kernel/install.d/99-bootrelay.install',
  ])
    expect(readFileSync(join(work, 'deb/usr', path)).length).toBeGreaterThan(100);
  const { stdout } = spawnSync('dpkg-deb', ['--field', deb, 'Depends'], { encoding: 'utf8' });
  expect(stdout).toContain('nodejs (>= 20.19)');
});

test('it says which packages are in it, at which version, under which licence', () => {
  const bill = JSON.parse(readFileSync(join(made, 'bootrelay.mjs.cdx.json'), 'utf8'));
  const packages = bill.components as readonly {
    name: string;
    version: string;
    purl: string;
    licenses: object;
  }[];
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const name of Object.keys(dependencies)) expect(packages.map((one) => one.name)).toContain(name);
  for (const one of packages) {
    expect(one.licenses).toBeDefined();
    if (one.name === 'bootrelay') continue;
    const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
    const locked = Object.entries<{ version: string }>(lock.packages).filter(([path]) =>
      path.endsWith(`node_modules/${one.name}`),
    );
    expect(locked.map(([, { version: of }]) => of)).toContain(one.version);
  }
  expect(readFileSync(join(made, 'bootrelay.licenses.txt'), 'utf8')).toContain('## yargs ');
});
