/** The tutorial with the one file of a release, by an ordinary user, in a directory where nothing else is. */
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, test } from '@jest/globals';
import { makeRelease } from './packaging/make-release.ts';
import { followTutorial } from './tutorial.ts';

const work = mkdtempSync(join(tmpdir(), 'bootrelay-tutorial-'));
afterAll(() => rmSync(work, { recursive: true }));

test('every command works, and says what the page says', () => {
  makeRelease(join(work, 'release'), []);
  const bin = join(work, 'only');
  mkdirSync(bin);
  copyFileSync(join(work, 'release/bootrelay.mjs'), join(bin, 'bootrelay'));
  // Nobody can write there, and there is no package.json.
  for (const path of [join(bin, 'bootrelay'), bin]) chmodSync(path, 0o555);
  followTutorial(work, bin);
}, 600_000);
