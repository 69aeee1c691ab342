/** The hash of a password is in the initrd, which only its owner may read, and nowhere else that anybody may read. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { newcTree } from '../initrd/newc-archive.ts';
import { openLab } from '../lab/lab.ts';

const lab = openLab();
const root = new URL('../../', import.meta.url).pathname;
const work = mkdtempSync(join(lab.shared, 'secrets-test-'));
afterAll(() => rmSync(work, { recursive: true }));

const platform = join(root, 'platforms/qemu-x86_64.ini');
const hash = `$6$abcdefgh$${'x'.repeat(86)}`;
const secret = ['--set', 'Emergency.Shell=password', '--set', `Emergency.PasswordHash=${hash}`];
const quick = ['--set', 'Initrd.CompressionLevel=1', '--set', 'Initrd.SizeBudget=0'];
const system = ['--sysroot', lab.sysroot, '--kernel', lab.kernel, ...quick];

function bootrelay(...args: readonly string[]) {
  const script = 'umask 000; exec node "$@"';
  const all = ['-c', script, 'sh', join(root, 'dist/cli.js'), ...args];
  return spawnSync('sh', all, { cwd: work, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } });
}

/** The files below a directory that others may read. */
function readable(directory: string): readonly string[] {
  const names = readdirSync(join(work, directory), { recursive: true, encoding: 'utf8' });
  return names
    .map((name) => join(work, directory, name))
    .filter((file) => {
      const stat = statSync(file);
      return stat.isFile() && (stat.mode & 0o004) !== 0;
    });
}

const modeOf = (file: string) => (statSync(join(work, file)).mode & 0o777).toString(8);

describe.each(['shell', 'systemd'])('with the form %s', (form) => {
  const settings = [...secret, '--set', `Initrd.Init=${form}`];

  test('a build has it in its initrd only', () => {
    expect(bootrelay('build', platform, ...system, ...settings, '--output', `built-${form}`)).toMatchObject({
      status: 0,
      stdout: expect.not.stringContaining(hash),
    });
    expect(modeOf(`built-${form}/initrd.img`)).toBe('600');
    const files = readable(`built-${form}`);
    expect(files).toHaveLength(6);
    for (const file of files) expect(readFileSync(file, 'latin1')).not.toContain(hash);
    expect(readFileSync(join(work, `built-${form}/plan.json`), 'utf8')).toMatch(
      /"passwordHash": "\(not shown, /,
    );
  });

  test('a rendered tree has it in one file for its owner', () => {
    expect(bootrelay('render', platform, ...settings, '--output', `rendered-${form}`)).toMatchObject({
      status: 0,
    });
    for (const file of readable(`rendered-${form}`)) expect(readFileSync(file, 'utf8')).not.toContain(hash);
    expect(modeOf(`rendered-${form}/qemu-x86_64/minimal/etc/shadow`)).toBe('600');
  });
});

test.each([
  ['show'],
  ['show', '--origin'],
  ['show', '--json'],
  ['explain'],
  ['explain', '--json'],
  ['explain', '--format', 'markdown'],
  ['explain', '--format', 'svg'],
  ['check'],
  ['check', '--json'],
])('%s %s does not show it', (...args) => {
  const { stdout, stderr } = bootrelay(...args.slice(0, 1), platform, ...args.slice(1), ...secret);
  expect(stdout.length).toBeGreaterThan(0);
  expect(stdout + stderr).not.toContain(hash);
});

test('diff and report show of a platform and of its build the same', () => {
  const text = `[Platform]\nExtends=${relative(work, platform)}\n[Emergency]\nShell=password\nPasswordHash=${hash}\n`;
  writeFileSync(join(work, 'qemu-x86_64.ini'), text);
  for (const format of [[], ['--json'], ['--markdown']]) {
    const { stdout } = bootrelay('diff', platform, 'qemu-x86_64.ini', ...format);
    expect(stdout).toContain('Emergency.PasswordHash');
    expect(stdout).not.toContain(hash);
  }
  expect(bootrelay('diff', 'qemu-x86_64.ini', 'built-shell').stdout).not.toContain('PasswordHash');
  expect(
    bootrelay('report', platform, 'qemu-x86_64.ini', '--build', 'built-shell', '-o', 'page.html').status,
  ).toBe(0);
  expect(readFileSync(join(work, 'page.html'), 'utf8')).not.toContain(hash);
});

test('a password that was written instead of its hash is not printed either', () => {
  const { stdout, stderr } = bootrelay('check', platform, '--set', 'Emergency.PasswordHash=correct horse');
  expect(stderr).toContain('Emergency.PasswordHash: the value, which is not shown, must be');
  expect(stdout + stderr).not.toContain('correct horse');
});

test('without a secret everybody may read the initrd', () => {
  expect(bootrelay('build', platform, ...system, '--output', 'built')).toMatchObject({ status: 0 });
  expect(modeOf('built/initrd.img')).toBe('644');
});

describe('a packed image', () => {
  const [directory, file] = [0o040755, 0o100644];
  const files = [
    { name: 'etc', mode: directory },
    { name: 'etc/hostname', mode: file, data: 'name' },
  ];
  const pack = (name: string, mode: number, ...more: Parameters<typeof newcTree>[0]) => {
    writeFileSync(join(work, name), newcTree([...files, ...more]), { mode });
    const squashfs = ['--set', 'FullInitrd.FileSystem=squashfs'];
    mkdirSync(join(work, 'images'), { recursive: true });
    expect(
      bootrelay('pack', platform, '--initrd', name, ...squashfs, '--output', `images/${name}`),
    ).toMatchObject({ status: 0 });
    return modeOf(`images/${name}`);
  };

  test('is for everybody where the full initrd and all in it are, else for its owner', () => {
    expect(pack('public', 0o644)).toBe('644');
    expect(pack('private', 0o600)).toBe('600');
    expect(pack('with-key', 0o644, { name: 'etc/key', mode: 0o100600, data: 'key' })).toBe('600');
    expect(pack('with-shadow', 0o644, { name: 'etc/shadow', mode: file, data: 'root:' })).toBe('600');
    const images = ['private', 'public', 'with-key', 'with-shadow'];
    const bills = images.flatMap((name) => [`${name}.cdx.json`, `${name}.spdx.json`]);
    expect(readdirSync(join(work, 'images')).sort()).toEqual([...images, ...bills].sort());
    // A bill has hashes of what others may not read.
    for (const bill of bills)
      expect(modeOf(`images/${bill}`)).toBe(modeOf(`images/${bill.replace(/\..*/, '')}`));
  });
});
