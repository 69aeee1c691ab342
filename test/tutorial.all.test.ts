/** The tutorial with each of the other parts of a release: the npm package, the Debian package's file, the executable. test/packaging/mkosi.all.test.ts installs the Debian package. */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeRelease } from './packaging/make-release.ts';
import { followTutorial } from './tutorial.ts';

const work = mkdtempSync(join(tmpdir(), 'bootrelay-tutorial-'));
afterAll(() => rmSync(work, { recursive: true }));
beforeAll(() => {
  chmodSync(work, 0o755);
  makeRelease(join(work, 'release'), ['npm', 'deb', 'executable']);
}, 120_000);

const made = (ending: string) =>
  join(work, 'release', readdirSync(join(work, 'release')).find((name) => name.endsWith(ending)) ?? ending);

/** Each puts `bootrelay` into a directory of PATH, whose parents anybody may read. */
const installed: Readonly<Record<string, (directory: string) => string>> = {
  npm: (directory) => {
    const env = { ...process.env, HOME: work };
    const args = ['install', '--global', '--offline', '--prefix', directory, made('.tgz')];
    expect(spawnSync('npm', args, { env }).status).toBe(0);
    return join(directory, 'lib/node_modules/bootrelay');
  },
  deb: (directory) => {
    expect(spawnSync('dpkg-deb', ['--extract', made('.deb'), directory]).status).toBe(0);
    return join(directory, 'usr/lib/bootrelay');
  },
  executable: (directory) => {
    mkdirSync(directory);
    copyFileSync(made(`-linux-${process.arch}`), join(directory, 'bootrelay'));
    return directory;
  },
};

test.each(Object.keys(installed))(
  'every command works with the %s',
  (part) => {
    const own = mkdtempSync(join(work, `${part}-`));
    const bin = installed[part]?.(join(own, 'installed')) ?? '';
    if (!readdirSync(bin).includes('bootrelay'))
      copyFileSync(join(bin, 'bootrelay.mjs'), join(bin, 'bootrelay'));
    followTutorial(own, bin);
  },
  600_000,
);
