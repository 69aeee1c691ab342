/** Things that people trip over: platforms by name, the only kernel, sections that are not there, notes, the root hash. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { shippedNames } from '../../src/config/shipped.ts';
import { load } from '../config/platform-files.ts';

const root = new URL('../../', import.meta.url).pathname;
const work = mkdtempSync(join(tmpdir(), 'bootrelay-test-'));
afterAll(() => rmSync(work, { recursive: true }));

function bootrelay(...args: readonly string[]) {
  const env = { ...process.env, NO_COLOR: '1' };
  return spawnSync('node', [join(root, 'dist/cli.js'), ...args], { cwd: work, encoding: 'utf8', env });
}

describe('Extends=bootrelay:NAME', () => {
  const extending = (value: string) => load({ 'p/test.ini': `[Platform]\nExtends=${value}\n` });

  test.each(shippedNames())('%s is a platform, or the base of all', (name) => {
    const { findings, config } = extending(name);
    const errors = findings.filter(({ severity }) => severity === 'error').map(({ setting }) => setting);
    // The base of all leaves open what only a machine knows.
    const isBase = name === 'bootrelay:base';
    expect(errors).toEqual(isBase ? ['Usr.Device'] : []);
    if (isBase) return;
    expect(config?.name).toBe('test');
  });

  test.each([
    ['bootrelay:generic-x86_6', 'did you mean bootrelay:generic-x86_64?'],
    ['bootrelay:nothing-like-it', /^bootrelay comes with bootrelay:any-linux, /],
    ['bootrelay:../package', /^bootrelay comes with /],
    ['bootrelay:', /^bootrelay comes with /],
    ['Bootrelay:base', undefined],
  ])('%s is none', (value, hint) => {
    const { findings } = extending(value);
    expect(findings[0]).toMatchObject({ kind: 'extends-missing', file: 'p/test.ini', line: 2 });
    if (typeof hint === 'string') expect(findings[0]?.hint).toBe(hint);
    else if (hint) expect(findings[0]?.hint).toMatch(hint);
  });

  test('a file of that name is a file', () => {
    const files = {
      'p/test.ini': '[Platform]\nExtends=./bootrelay:base.ini\n',
      'p/bootrelay:base.ini': '[Usr]\nDevice=/dev/vdb\n',
    };
    expect(load(files).findings.filter(({ kind }) => kind === 'extends-missing')).toEqual([]);
  });
});

test('every command takes a platform by its name, and diff compares one with a file', () => {
  writeFileSync(join(work, 'mine.ini'), '[Platform]\nExtends=bootrelay:qemu-x86_64\n[Emergency]\nDelay=4s\n');
  expect(bootrelay('show', 'bootrelay:qemu-x86_64').stdout).toMatch(/^Name=qemu-x86_64$/m);
  const { status, stdout } = bootrelay('diff', 'bootrelay:qemu-x86_64', 'mine.ini');
  expect({ status, stdout }).toEqual({
    status: 1,
    stdout: expect.stringContaining('Emergency.Delay from 10'),
  });
  expect(bootrelay('platforms').stdout).toMatch(/^bootrelay:generic-x86_64 {2,}PCs, servers/m);
  expect(bootrelay('platforms', 'qemu-x86_64').stdout).toContain('Modules=virtio_blk\n');
  expect(bootrelay('platforms', 'qemu')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('no platform qemu'),
  });
});

test.each([
  ['platforms', 'gen', 'generic-x86_64\n'],
  ['schema', 'ma', 'manifest\n'],
])('the names after %s complete', (command, begin, names) => {
  expect(bootrelay('--get-yargs-completions', 'bootrelay', command, begin).stdout).toBe(names);
});

test.each([
  ['[Usrr]\n', 1],
  ['[Usr]\nDevice=/dev/vda\n\n[Verty]\nVerity=no\nName=x\n', 4],
])('the section in %j is told once, at its line', (text, line) => {
  const { findings } = load({ 'p/test.ini': text });
  const told = findings.filter(({ kind }) => kind === 'unknown-section');
  expect(told).toHaveLength(1);
  expect(told[0]).toMatchObject({ file: 'p/test.ini', line });
});

test('a section that only --set names', () => {
  writeFileSync(join(work, 'set.ini'), '[Platform]\nExtends=bootrelay:qemu-x86_64\n');
  const { stderr } = bootrelay('check', 'set.ini', '--set', 'Usrr.Device=x');
  expect(stderr).toContain('there is no section [Usrr]\n    hint: did you mean [Usr]?');
});

test('a note about a platform file is told by check and new, and by no other command', () => {
  const note = 'note: Verity.RootHash: whoever can change usrhash=';
  expect(bootrelay('check', 'bootrelay:qemu-x86_64').stderr).toContain(note);
  for (const command of ['show', 'explain'])
    expect(bootrelay(command, 'bootrelay:qemu-x86_64').stderr).toBe('');
  expect(bootrelay('render', 'bootrelay:qemu-x86_64', '-o', 'rendered').stderr).toBe('');
  expect(bootrelay('show', 'bootrelay:qemu-x86_64', '--json').stdout).not.toContain('whoever can change');
});

test('new says what has to be done about the root hash, where that is open', () => {
  const { stdout } = bootrelay('new', 'fresh.ini');
  expect(stdout).toContain('usrhash=HASH must be on the kernel command line');
  const hash = 'ab'.repeat(32);
  expect(bootrelay('new', 'built-in.ini', '--set', `Verity.RootHash=${hash}`).stdout).not.toContain(
    'usrhash=',
  );
});

describe('--kernel', () => {
  const system = (name: string, ...kernels: readonly string[]) => {
    for (const kernel of kernels) {
      mkdirSync(join(work, name, 'usr/lib/modules', kernel), { recursive: true });
      writeFileSync(join(work, name, 'usr/lib/modules', kernel, 'modules.dep'), '');
    }
    mkdirSync(join(work, name, 'usr'), { recursive: true });
    return name;
  };

  test('may be left out where the sysroot has one', () => {
    const { stderr } = bootrelay(
      'check',
      'bootrelay:qemu-x86_64',
      '--sysroot',
      system('one', '6.12.1'),
      '--no-build',
    );
    expect(stderr).toContain('6.12.1');
    expect(stderr).not.toContain('--kernel');
  });

  test.each(['check', 'build', 'uki', 'boot', 'matrix'])(
    '%s: of none and of several it says what is there',
    (command) => {
      const output = command === 'check' || command === 'boot' ? [] : ['--output', 'out'];
      const initrd = command === 'uki' || command === 'boot' ? ['--initrd', 'mine.ini'] : [];
      const run = (name: string) =>
        bootrelay(command, 'bootrelay:qemu-x86_64', '--sysroot', name, ...output, ...initrd);
      expect(run(system('none'))).toMatchObject({
        status: 2,
        stderr: 'bootrelay: none must be a built system with a kernel: it has no usr/lib/modules/VERSION\n',
      });
      if (command === 'matrix') return;
      expect(run(system('two', '6.1.0', '6.12.1'))).toMatchObject({
        status: 2,
        stderr: 'bootrelay: --kernel is required: two has 6.1.0, 6.12.1\n',
      });
    },
  );
});
