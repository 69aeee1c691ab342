/** The rendered /init as a whole, run in dash and busybox with functions in place of programs, which only say how they were called. */

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { planBoot } from '../../src/plan/plan.ts';
import { renderMinimal } from '../../src/render/minimal.ts';
import { textAt } from '../../src/render/tree.ts';
import { load } from '../config/platform-files.ts';
import { below } from './below.ts';
import { runProgram, shells } from './shells.ts';

const work = mkdtempSync(join(tmpdir(), 'bootrelay-test-'));
afterAll(() => rmSync(work, { recursive: true }));

/**
 * Functions, since busybox runs its own programs whatever is in PATH: each writes its name and arguments with a NUL behind
 * each; blkid also answers.
 */
const fakes = ['mount', 'umount', 'insmod', 'blkid', 'switch_root', 'sleep']
  .map(
    (name) =>
      `${name}() { printf '%s\\0' ${name} "$@" >> "$CALLS"${name === 'blkid' ? ' && echo "$ROOT/dev/vda1"' : ''}; }`,
  )
  .join('\n');

/** A program that this machine can start. */
const busybox = execFileSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).trim();

/** An empty machine below `root`: a partition with the label, an image, no modules; and what the mounts will be. */
function makeMachine(root: string, label: string): void {
  rmSync(root, { recursive: true, force: true });
  const image = 'sysusr/usr/lib/bootrelay/initrd.img';
  const loop = 'sys/dev/block/7:0/loop';
  const files = {
    'proc/cmdline': 'quiet\n',
    'proc/self/mountinfo': [
      `20 1 8:1 / ${root}/sysusr/usr ro - erofs ${root}/dev/vda1 ro`,
      `21 1 7:0 / ${root}/full ro - erofs /dev/loop0 ro\n`,
    ].join('\n'),
    'proc/sys/kernel/panic': '0\n',
    'sys/class/block/vda1/dev': '8:1\n',
    [`${loop}/backing_file`]: `${root}/${image}\n`,
    [`${loop}/offset`]: '0\n',
    [`${loop}/sizelimit`]: '0\n',
    'proc/uptime': '1.00 1.00\n',
    'sys/class/block/vda1/uevent': `DEVNAME=vda1\nPARTNAME=${label}\n`,
    'dev/vda1': '',
    'modules/order': '',
    [image]: '',
    'full/etc/initrd-release': '',
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text, { mode: 0o755 });
  }
  copyFileSync(busybox, join(root, 'full/init'));
  for (const directory of ['run', 'overlay', 'tmp']) mkdirSync(join(root, directory));
}

/** The rendered /init of a platform file, with the machine's paths below `root`. */
function initOf(file: string, root: string, settings: readonly string[]): string | undefined {
  const text = '[Verity]\nVerity=no\n[FullInitrd]\nWritable=no\nCarryOver=\n';
  const { config, files } = load({ [file]: text }, file, [
    'Platform.Name=p',
    'Devices.Timeout=0',
    ...settings,
  ]);
  if (!config) return undefined;
  const init = textAt(renderMinimal(config, planBoot(config, files)), 'init') ?? '';
  const faked = init
    .replace('export PATH=/usr/sbin:/usr/bin', fakes)
    .replace('exec switch_root', 'switch_root');
  return below(root, faked);
}

/** Quotes around a label and escapes are not part of it: device-names.test.ts. */
const plain = (text: string) => !/^["']|\\(x[0-9A-Fa-f]{2}|[0-3][0-7]{2})/.test(text);
const label = fc.stringMatching(/^[ -~]{1,36}$/).filter(plain);

describe.each(shells)('%s', (name, shell) => {
  const root = join(work, name);
  const calls = join(root, 'calls');
  const run = (script: string) => {
    writeFileSync(join(root, 'init'), script);
    const env = { ...process.env, CALLS: calls, ROOT: root };
    const { status, stderr } = runProgram([...shell, '-u', join(root, 'init')], '', env);
    return {
      status,
      stderr,
      calls: readFileSync(calls, 'utf8').split('\0'),
      log: readFileSync(join(root, 'dev/kmsg'), 'utf8'),
    };
  };

  test('a partition label is one word to its end, whatever is in it', () => {
    fc.assert(
      fc.property(label, (text) => {
        makeMachine(root, text.trimEnd());
        const script = initOf('p/p.ini', root, [`Usr.Device=PARTLABEL=${text}`]);
        fc.pre(script !== undefined);
        const { status, log, calls: called } = run(script ?? '');
        expect(status).toBe(0);
        expect(log.endsWith('bootrelay: switch-root\n')).toBe(true);
        expect(called).toEqual(expect.arrayContaining([`${root}/dev/vda1`, 'switch_root']));
      }),
      { numRuns: 40, examples: [['=']] },
    );
  });

  test('a label reaches blkid unchanged, in any script', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }).filter(plain), (text) => {
        makeMachine(root, 'other');
        const script = initOf('p/p.ini', root, [`Usr.Device=LABEL=${text}`]);
        fc.pre(script !== undefined);
        const { status, calls: called } = run(script ?? '');
        expect(status).toBe(0);
        expect(called.slice(called.indexOf('blkid')).slice(0, 5)).toEqual([
          'blkid',
          '-c',
          '/dev/null',
          '-t',
          `LABEL=${text.trimEnd()}`,
        ]);
      }),
      { numRuns: 40 },
    );
  });

  test.each([['p/$(touch pwned).ini'], ['p/a\'b"c`d`.ini'], ['p/#;& |ü.ini']])(
    'a platform file named %s is a comment, and no more',
    (file) => {
      makeMachine(root, 'USR-A');
      const script = initOf(file, root, ['Usr.Device=PARTLABEL=USR-A']) ?? '';
      expect(script).toContain(file.slice(2));
      const { status, stderr, calls: called } = run(script);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(called).toContain('switch_root');
    },
  );
});
