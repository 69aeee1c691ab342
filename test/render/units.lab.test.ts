import { spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { quoteUnit } from '../../src/text/quote.ts';
import { openLab } from '../lab/lab.ts';
import { unitSets, unitsOf } from './platforms.ts';

const lab = openLab();
const work = mkdtempSync(join(lab.sysroot, 'var/tmp/units-'));
afterAll(() => rmSync(work, { recursive: true }));

test.each(unitSets)('systemd 257 accepts the units of %s, %s initrd', (name, initrd) => {
  const directory = join(work, `${name}-${initrd}`);
  mkdirSync(directory);
  const files = unitsOf(name, initrd).map(([unit, text]) => {
    const file = join(directory, unit);
    // The scripts are programs of the initrds, not of the sysroot.
    writeFileSync(
      file,
      text.replace(/ExecStart=\/(usr\/lib|etc)\/bootrelay\/\S+/, 'ExecStart=/usr/bin/true'),
    );
    return file.slice(lab.sysroot.length);
  });
  const verify = ['systemd-analyze', 'verify', '--man=no', '--recursive-errors=no', ...files];
  const env = { ...process.env, SYSTEMD_UNIT_PATH: `${directory.slice(lab.sysroot.length)}:` };
  const { stdout, stderr, status } = spawnSync('chroot', [lab.sysroot, ...verify], { encoding: 'utf8', env });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
});

/** The values of a setting as systemd has read them: its test mode prints every unit that it would start. */
function readBySystemd(units: ReadonlyMap<string, string>, setting: string): ReadonlyMap<string, string> {
  const directory = mkdtempSync(join(tmpdir(), 'bootrelay-units-'));
  chownSync(directory, 65534, 65534); // systemd does not test as root
  const all = [...units.keys()].join(' ');
  writeFileSync(join(directory, 'default.target'), `[Unit]\nDefaultDependencies=no\nRequires=${all}\n`);
  for (const [name, text] of units) writeFileSync(join(directory, name), text);
  const { stdout } = spawnSync(
    'setpriv',
    [
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      '/lib/systemd/systemd',
      '--test',
      '--user',
      '--unit=default.target',
    ],
    {
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH,
        SYSTEMD_UNIT_PATH: directory,
        XDG_RUNTIME_DIR: directory,
        HOME: directory,
      },
      maxBuffer: 2 ** 26,
    },
  );
  rmSync(directory, { recursive: true });
  const blocks = stdout.split(/^\t-> Unit /m);
  const line = new RegExp(`^\t+${setting}: (.*)$`, 'm');
  return new Map(blocks.map((block) => [block.slice(0, block.indexOf(':')), line.exec(block)?.[1] ?? '']));
}

test('any value arrives in a unit unchanged, or is refused', () => {
  const values = fc
    .sample(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), { numRuns: 300, seed: 5 })
    .concat([
      '100%',
      '%h %n %%',
      '$HOME $' + '{x} $$',
      '`id` $(id)',
      'a\\x20b',
      '"q" \'r\'',
      '# no comment',
      ';',
      'ü 漢 🙂',
      '[Unit]',
    ]);
  const taken = values.filter((value) => {
    try {
      return quoteUnit(value) !== '';
    } catch {
      return false;
    }
  });
  expect(taken.length).toBeGreaterThan(200);
  const units = new Map(
    taken.map((value, index) => [
      `v${index}.service`,
      `[Unit]\nDefaultDependencies=no\nDescription=${quoteUnit(value)}\n[Service]\nExecStart=/bin/true\n`,
    ]),
  );
  const read = readBySystemd(units, 'Description');
  for (const [index, value] of taken.entries())
    expect([value, read.get(`v${index}.service`)]).toEqual([value, value]);
});
