import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { openLab } from '../lab/lab.ts';

const lab = openLab();
const root = new URL('../../', import.meta.url).pathname;
const work = mkdtempSync(join(lab.shared, 'systemd-test-'));
afterAll(() => rmSync(work, { recursive: true }));

/** Without any capability, as an ordinary user has it. */
function build(output: string, ...settings: readonly string[]) {
  const args = [
    ...[
      '--bounding-set=-all',
      '--inh-caps=-all',
      '--no-new-privs',
      'node',
      join(root, 'dist/cli.js'),
      'build',
    ],
    ...[join(root, 'platforms/qemu-x86_64-systemd.ini'), '--sysroot', lab.sysroot, '--kernel', lab.kernel],
    ...['--output', output, ...settings.flatMap((setting) => ['--set', setting])],
  ];
  return spawnSync('setpriv', args, { cwd: work, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } });
}

const list = () =>
  spawnSync('bsdtar', ['-tf', join(work, 'a/initrd.img')], { encoding: 'utf8' }).stdout.split('\n');

test('two builds without root give the same bytes, within 8 MB', () => {
  expect(build('a')).toMatchObject({ status: 0 });
  expect(build('b')).toMatchObject({ status: 0 });
  for (const file of ['initrd.img', 'initrd.mtree', 'manifest.json', 'sizes.txt']) {
    expect(readFileSync(join(work, 'a', file)).equals(readFileSync(join(work, 'b', file)))).toBe(true);
  }
  expect(readFileSync(join(work, 'a/initrd.img')).length).toBeLessThan(8_000_000);
});

test('systemd is there with the libraries that it opens at run time', () => {
  const files = list();
  for (const path of [
    './init',
    './etc/initrd-release',
    './etc/passwd',
    './usr/lib/systemd/systemd',
    './usr/lib/systemd/systemd-executor',
    './usr/lib/x86_64-linux-gnu/libgcc_s.so.1',
    './usr/lib/udev/rules.d/99-systemd.rules',
  ]) {
    expect(files).toContain(path);
  }
});

test('what must happen once in a boot is not there to happen twice', () => {
  const twice =
    /pcrextend|pcrphase|random-seed|firstboot|machine-id|tmpfiles|sysusers|sysctl|sysext|confext|creds|generator|-trigger|modules-load|\/(emergency|rescue)\.service|debug-shell|sulogin/;
  expect(list().filter((path) => twice.test(path))).toEqual([]);
});

test('a sysroot without systemd is named, with the package that has it', () => {
  const sysroot = mkdtempSync(join(lab.shared, 'without-systemd-'));
  mkdirSync(join(sysroot, 'usr'));
  const { status, stderr } = spawnSync(
    'node',
    [
      ...[join(root, 'dist/cli.js'), 'check', join(root, 'platforms/qemu-x86_64-systemd.ini')],
      ...['--sysroot', sysroot, '--kernel', '1'],
    ],
    { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } },
  );
  expect(status).toBe(1);
  expect(stderr).toMatch(/must have \/usr\/lib\/systemd\/systemd\n +hint: Debian's package systemd has it/);
});
