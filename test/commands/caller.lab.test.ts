/** What is built and packed is the same whoever calls: whatever is in the environment, and whatever the umask is. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { openLab } from '../lab/lab.ts';
import { hostileEnvironment } from '../tools/hostile-environment.ts';

const lab = openLab();
const root = new URL('../../', import.meta.url).pathname;
const work = mkdtempSync(join(lab.shared, 'caller-test-'));
afterAll(() => rmSync(work, { recursive: true }));

const platform = join(root, 'platforms/qemu-x86_64.ini');
const system = ['--sysroot', lab.sysroot, '--kernel', lab.kernel];
const quick = ['--set', 'Initrd.CompressionLevel=1', '--set', 'Initrd.SizeBudget=0'];
const calls: Readonly<Record<string, readonly string[]>> = {
  'build with zstd': ['build', platform, ...system, ...quick, '--output', 'out'],
  'build with xz': [
    'build',
    platform,
    ...system,
    ...quick,
    '--set',
    'Initrd.Compression=xz',
    '--output',
    'out',
  ],
  'build with gzip': [
    'build',
    platform,
    ...system,
    ...quick,
    '--set',
    'Initrd.Compression=gzip',
    '--output',
    'out',
  ],
  'pack to squashfs': [
    'pack',
    platform,
    '--initrd',
    lab.fullInitrd,
    '--set',
    'FullInitrd.FileSystem=squashfs',
    '--output',
    'out/image',
  ],
  'pack to erofs': ['pack', platform, '--initrd', lab.fullInitrd, '--output', 'out/image'],
  render: ['render', platform, '--output', 'out'],
};

/** Every file of the output with its mode and content, and the directories. */
function outputOf(args: readonly string[], umask: string, env: Readonly<Record<string, string>>) {
  rmSync(join(work, 'out'), { recursive: true, force: true });
  const { status, stderr } = spawnSync(
    'sh',
    ['-c', `umask ${umask}; exec node "$@"`, 'sh', join(root, 'dist/cli.js'), ...args],
    {
      cwd: work,
      encoding: 'utf8',
      // The loader of the test's own programs must work: what begins with LD_ is tried in test/tools.
      env: { ...process.env, ...env, LD_LIBRARY_PATH: '' },
    },
  );
  expect({ status, stderr }).toMatchObject({ status: 0 });
  const names = readdirSync(join(work, 'out'), { recursive: true, encoding: 'utf8' }).sort();
  return names.map((name) => {
    const file = join(work, 'out', name);
    const stat = statSync(file);
    const content = stat.isFile() ? readFileSync(file).toString('base64') : '';
    return `${name} ${stat.mode.toString(8)} ${content}`;
  });
}

test.each(Object.entries(calls))('%s', (_, args) => {
  const usual = outputOf(args, '022', {});
  // Compared before they are printed: a difference would be megabytes of text.
  expect(outputOf(args, '077', hostileEnvironment).join() === usual.join()).toBe(true);
  expect(outputOf(args, '000', {}).join() === usual.join()).toBe(true);
});
