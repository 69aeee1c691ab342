import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { usageOf } from '../../src/command.ts';
import { commands } from '../../src/command-line.ts';
import { exitCodes } from '../../src/errors.ts';

const root = new URL('../../', import.meta.url).pathname;
const work = mkdtempSync(join(tmpdir(), 'bootrelay-test-'));
afterAll(() => rmSync(work, { recursive: true }));

function bootrelay(...args: readonly string[]) {
  const env = { ...process.env, NO_COLOR: '1' };
  return spawnSync('node', [join(root, 'dist/cli.js'), ...args], { cwd: work, encoding: 'utf8', env });
}

const good = `[Usr]\nDevice=PARTLABEL=USR-A\n[Verity]\nRootHash=${'ab'.repeat(32)}\n`;

beforeEach(() => {
  rmSync(join(work, 'out'), { recursive: true, force: true });
  writeFileSync(join(work, 'good.ini'), good);
  writeFileSync(join(work, 'usr.ini'), `${good}[FullInitrd]\nSource=usr\n`);
  writeFileSync(join(work, 'bad.ini'), '[Usr]\nDevise=x\n[Devices]\nTimeout=soon\n');
});

describe('render', () => {
  test('writes the tree and says where', () => {
    const { status, stdout, stderr } = bootrelay('render', 'good.ini', '--output', 'out');
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'out/good: 12 files\n', stderr: '' });
    expect(readdirSync(join(work, 'out/good'))).toEqual(['explain.txt', 'full', 'minimal']);
  });

  test('replaces its directory as a whole and leaves nothing beside it', () => {
    mkdirSync(join(work, 'out/good'), { recursive: true });
    writeFileSync(join(work, 'out/good/stale'), '');
    bootrelay('render', 'good.ini', '--output', 'out');
    expect(readdirSync(join(work, 'out'))).toEqual(['good']);
    expect(readdirSync(join(work, 'out/good'))).not.toContain('stale');
  });

  test('the same input gives the same bytes, wherever it runs', () => {
    bootrelay('render', 'good.ini', '--output', 'out/relative');
    bootrelay('render', join(work, 'good.ini'), '--output', join(work, 'out/absolute'));
    const read = (directory: string) =>
      readFileSync(join(work, 'out', directory, 'good/minimal/init'), 'utf8');
    expect(read('relative')).toBe(read('absolute'));
  });

  test('one platform with errors: nothing is written for any, the old output stays', () => {
    mkdirSync(join(work, 'out/good'), { recursive: true });
    writeFileSync(join(work, 'out/good/old'), 'old');
    const { status, stdout, stderr } = bootrelay('render', 'good.ini', 'bad.ini', '--output', 'out');
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toBe(
      'bad.ini:2: error: Usr.Devise: [Usr] has no setting Devise\n    hint: did you mean Device=?\n' +
        'bad.ini:4: error: Devices.Timeout: "soon" must be a time span such as 90s, 1min 30s or 500ms; a plain number means seconds\n',
    );
    expect(readdirSync(join(work, 'out'))).toEqual(['good']);
    expect(readFileSync(join(work, 'out/good/old'), 'utf8')).toBe('old');
  });

  test('two platforms of one name are wrong usage', () => {
    const { status, stderr } = bootrelay('render', 'good.ini', './good.ini', '--output', 'out');
    expect(status).toBe(2);
    expect(stderr).toMatch(/two platforms are named good/);
  });
});

test.each([
  [[], /boot needs --sysroot, the built system; or --image/],
  [['--slot', 'B', '--sysroot', '/', '--kernel', '1'], /--slot needs --image/],
  [['--image', 'good.ini', '--sysroot', '/'], /give one of both/],
  [['--image', 'good.ini', '--initrd', 'good.ini'], /--initrd with --image needs --kernel/],
  [['--image', 'no.img', '--kernel', 'good.ini'], /--image no\.img: there is no such file/],
  [['--image', '.', '--kernel', 'good.ini'], /--image \.: a file is required, and it is none/],
  [
    ['--image', 'disk.xz', '--kernel', 'good.ini'],
    /disk\.xz is compressed: unpack it first, with xz -dk disk\.xz/,
  ],
  [['--image', 'good.ini', '--kernel', 'vmlinuz'], /--kernel vmlinuz: there is no such file/],
  [
    ['--image', 'good.ini', '--fault', 'root-hash-absent'],
    /changes the kernel command line, .*give --kernel/,
  ],
  [
    ['--image', 'good.ini', '--kernel', 'good.ini', '--fault', 'usr-first-block-error'],
    /needs Verity\.OnCorruption=error, and the stage 1 of the image was made with other settings/,
  ],
])('boot refuses %j', (args, words) => {
  writeFileSync(join(work, 'disk.xz'), Buffer.from('fd377a585a000004', 'hex'));
  const { status, stderr } = bootrelay('boot', 'good.ini', ...args);
  expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringMatching(words) });
});

test('boot requires the full initrd that the platform needs', () => {
  const { status, stderr } = bootrelay('boot', 'good.ini', '--sysroot', '/', '--kernel', '1');
  expect(stderr).toContain('FullInitrd.Source=image needs --initrd, the full initrd');
  expect(status).toBe(2);
});

test.each([
  ['Emergency.Debug=yes', 'debug-enabled'],
  ['Emergency.Shell=always', 'shell-without-password'],
])('check refuses %s unless %s is allowed; other commands only warn', (setting, kind) => {
  const refused = bootrelay('check', 'good.ini', '--set', setting);
  expect({
    status: refused.status,
    warned: refused.stderr.includes(`warning: ${setting.split('=')[0]}`),
  }).toEqual({
    status: 1,
    warned: true,
  });
  expect(bootrelay('check', 'good.ini', '--set', setting, '--allow', kind).status).toBe(0);
  expect(bootrelay('render', 'good.ini', '--set', setting, '-o', 'out').status).toBe(0);
  expect(bootrelay('check', 'good.ini', '--allow', 'usr-unverified').status).toBe(2);
});

test('new writes a commented platform that is right, and overwrites nothing', () => {
  rmSync(join(work, 'my.ini'), { force: true });
  const settings = [
    '--set',
    'Modules.Modules=nvme',
    '--set',
    'Modules.Modules=sd_mod',
    '--set',
    'Usr.Device=LABEL=a;b',
  ];
  const written = bootrelay('new', 'my.ini', ...settings);
  expect(written).toMatchObject({ status: 0 });
  const text = readFileSync(join(work, 'my.ini'), 'utf8');
  expect(text).toContain('[Usr]\n# The partition that holds /usr. (device or dissect)\nDevice="LABEL=a;b"\n');
  expect(text).toContain('\nModules=nvme\nModules=sd_mod\n');
  expect(bootrelay('check', 'my.ini')).toMatchObject({ status: 0 });
  expect(bootrelay('new', 'my.ini').stderr).toBe(
    'bootrelay: my.ini is there already: it is not overwritten\n',
  );
  expect(bootrelay('new', 'other.ini', '--set', 'Usr.Device=nothing')).toMatchObject({ status: 2 });
  expect(readdirSync(work)).not.toContain('other.ini');
});

test('the faults are listed, each with how it ends', () => {
  const { stdout, status } = bootrelay('faults');
  expect(status).toBe(0);
  expect(stdout).toContain(
    'root-hash-wrong\n    the root hash is that of another /usr\n    ends: set-up-verity failed: verity-root-hash-mismatch\n',
  );
  const { faults } = JSON.parse(bootrelay('faults', '--json').stdout) as { faults: readonly unknown[] };
  expect(faults.length).toBeGreaterThanOrEqual(70);
});

describe('exit codes', () => {
  test.each([
    ['check of a clean platform', ['check', 'good.ini'], 0],
    ['check of one with errors', ['check', 'bad.ini'], 1],
    ['check with half a sysroot', ['check', 'good.ini', '--sysroot', '/'], 2],
    ['show of one with errors', ['show', 'bad.ini'], 2],
    ['explain of a missing file', ['explain', 'none.ini'], 2],
    ['pack where there is nothing to pack', ['pack', 'usr.ini', '--initrd', 'x', '--output', 'out'], 2],
    ['no command', [], 2],
    ['an unknown command', ['frobnicate'], 2],
    ['an unknown option', ['show', 'good.ini', '--frobnicate'], 2],
    ['a missing option', ['render', 'good.ini'], 2],
    ['a bad --set', ['show', 'good.ini', '--set', 'Usr.Device'], 2],
    ['pack of a file that is no initrd', ['pack', 'good.ini', '--initrd', 'good.ini', '--output', 'out'], 2],
    ['pack of a missing file', ['pack', 'good.ini', '--initrd', 'none.img', '--output', 'out'], 2],
    [
      'build without a sysroot',
      ['build', 'good.ini', '--sysroot', 'none', '--kernel', '1', '--output', 'out'],
      1,
    ],
    ['help', ['--help'], 0],
    ['version', ['--version'], 0],
    ['completion for another shell', ['completion', 'csh'], 2],
    ['report of one with errors', ['report', 'bad.ini', '--output', 'out.html'], 2],
    ['report of three', ['report', 'good.ini', 'good.ini', 'good.ini', '--output', 'out.html'], 2],
    ['report with what is no boot', ['report', 'good.ini', '--boot', '.', '--output', 'out.html'], 2],
    ['report with what is no build', ['report', 'good.ini', '--build', '.', '--output', 'out.html'], 2],
    ['report of what is not there', ['report', 'none', '--output', 'out.html'], 2],
  ])('%s', (_, args, status) => {
    const result = bootrelay(...args);
    expect({ status: result.status, stderr: result.stderr }).toEqual({ status, stderr: result.stderr });
    if (status !== 0) expect(result.stderr).not.toMatch(/\n\s+at /);
  });
});

test('--json gives every command result with its findings', () => {
  for (const command of ['check', 'show', 'explain']) {
    const { stdout, status } = bootrelay(command, 'good.ini', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ command, findings: [] });
  }
  const failed = bootrelay('check', 'bad.ini', '--json');
  expect(failed.status).toBe(1);
  expect(failed.stderr).toBe('');
  expect(JSON.parse(failed.stdout).findings[0]).toMatchObject({
    kind: 'unknown-key',
    file: 'bad.ini',
    line: 2,
  });
});

test('what show prints is a platform again, with the same settings', () => {
  const first = bootrelay('show', 'good.ini');
  writeFileSync(join(work, 'again.ini'), first.stdout);
  expect(bootrelay('show', 'again.ini').stdout).toBe(first.stdout);
});

test('show --origin says where each setting was set', () => {
  const { stdout } = bootrelay('show', 'good.ini', '--origin', '--set', 'Devices.Timeout=5s');
  expect(stdout).toContain('# good.ini:2\nDevice=PARTLABEL=USR-A\n');
  expect(stdout).toContain('# --set\nTimeout=5\n');
  expect(stdout).toContain('# default\nFileSystem=erofs\n');
});

test('report writes one file, and nothing where there are errors', () => {
  expect(bootrelay('report', 'bad.ini', '--output', 'report/x.html').status).toBe(2);
  expect(existsSync(join(work, 'report'))).toBe(false);
  const { status, stdout } = bootrelay('report', 'good.ini', '--output', 'report/x.html');
  expect({ status, stdout }).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^report\/x\.html: /),
  });
  expect(readdirSync(join(work, 'report'))).toEqual(['x.html']);
  expect(readFileSync(join(work, 'report/x.html'), 'utf8')).toContain('<!DOCTYPE html>');
  writeFileSync(join(work, 'report/timeline.json'), '{"milestones": [');
  const cutOff = bootrelay('report', 'good.ini', '--boot', 'report', '--output', 'report/y.html');
  expect(cutOff).toMatchObject({ status: 2, stderr: expect.stringContaining('cut off') });
});

test('a closed pipe is no failure, and a mistyped command has a suggestion', () => {
  const command = `node ${join(root, 'dist/cli.js')} settings | head -n 1`;
  const { stdout, stderr } = spawnSync('bash', ['-c', command], { encoding: 'utf8' });
  expect({ stdout, stderr }).toEqual({ stdout: '# Settings\n', stderr: '' });
  expect(bootrelay('chekc').stderr).toMatch(/Did you mean check\?\n/);
  expect(bootrelay('build', 'good.ini').stderr).toMatch(
    /^bootrelay: Missing required arguments: .*\nbootrelay build --help says more\.\n$/,
  );
});

test('help knows commands and sections, too', () => {
  expect(bootrelay('help', 'pack').stdout).toMatch(/^## bootrelay pack <platform>\n\nMake the image/);
  expect(bootrelay('help', 'Usr').stdout).toMatch(
    /^## \[Usr\]\n\n- `Device=`: `bootrelay help Usr\.Device`\n/,
  );
});

test('the README has the words of the table of exit codes', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8').replaceAll('\n', ' ');
  for (const [code, meaning] of Object.entries(exitCodes)) expect(readme).toContain(`${code} ${meaning}`);
});

test('a report is put in the place of an older one, and of nothing else', () => {
  mkdirSync(join(work, 'out'));
  for (const output of ['good.ini', './good.ini', 'usr.ini', 'out', '/dev/null', ''])
    expect(bootrelay('report', 'good.ini', '--output', output)).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/is no report: it is not overwritten|--output must name the HTML file/),
    });
  expect(readFileSync(join(work, 'good.ini'), 'utf8')).toBe(good);
  for (const _ of ['first', 'again'])
    expect(bootrelay('report', 'good.ini', '--output', 'out/page.html').status).toBe(0);
});

test('the man page has every command with every option that --help has', () => {
  const page = bootrelay('man').stdout;
  expect(page).toBe(readFileSync(join(root, 'dist/bootrelay.1'), 'utf8'));
  const text = page.replaceAll(/\\f[BIR]|\\(?=-)/g, '');
  for (const command of commands) {
    expect(text).toContain(`.SS bootrelay ${usageOf(command)}\n`);
    const { stdout } = bootrelay(command.name, '--help');
    const named = [...stdout.matchAll(/^ {2}(?:-\w, | {4})(--[\w-]+)/gm)].map(([, option]) => option ?? '');
    const own = named.filter((option) => !['--help', '--version'].includes(option));
    const section = text.slice(text.indexOf(`.SS bootrelay ${usageOf(command)}\n`)).split(/\n\.S[SH] /)[0];
    for (const option of own) expect(section).toMatch(new RegExp(`^(-\\w, )?${option}( |$)`, 'm'));
  }
});

test('--help names every command', () => {
  const { stdout } = bootrelay('--help');
  for (const command of commands) expect(stdout).toContain(`bootrelay ${command.name}`);
});

test('docs/reasons.md is what the table says (npm run docs), and a reason can be asked for', () => {
  expect(readFileSync(join(root, 'docs/reasons.md'), 'utf8')).toBe(bootrelay('reasons').stdout);
  expect(bootrelay('reasons', 'device-ambiguous').stdout).toMatch(
    /^## device-ambiguous\n\nThe boot stops if more than one/,
  );
  expect(bootrelay('reasons', 'no-such-reason').status).toBe(2);
});

test('reasons has an old name that works and that no help shows', () => {
  const { status, stdout } = bootrelay('failures', 'device-ambiguous');
  expect({ status, stdout }).toEqual({ status: 0, stdout: bootrelay('reasons', 'device-ambiguous').stdout });
  expect(bootrelay('help', 'failures').stdout).toMatch(/^## bootrelay reasons /);
  const shown = [
    bootrelay('--help'),
    bootrelay('man'),
    bootrelay('--get-yargs-completions', 'bootrelay', ''),
  ];
  for (const { stdout } of shown) {
    expect(stdout).toContain('reasons');
    expect(stdout).not.toContain('failures');
  }
});

test('docs/steps.md is what the steps say (npm run docs)', () => {
  const { stdout } = bootrelay('steps');
  expect(readFileSync(join(root, 'docs/steps.md'), 'utf8')).toBe(stdout);
});

test('docs/mount-options.md is what the table says (npm run docs)', () => {
  const { stdout } = bootrelay('mount-options');
  expect(readFileSync(join(root, 'docs/mount-options.md'), 'utf8')).toBe(stdout);
});

test('docs/findings.md is what the table says (npm run docs)', () => {
  expect(readFileSync(join(root, 'docs/findings.md'), 'utf8')).toBe(bootrelay('findings').stdout);
});

test.each([
  [
    'debug-enabled',
    /^## debug-enabled\n\nStage 1 has breakpoints and a trace\.\nSeverity: warning; `check` fails on it unless `--allow debug-enabled` is given\.\n/,
  ],
  ['device-ambiguous', /^## device-ambiguous\n\nThe boot stops if more than one/],
  ['Verity.Name', /^### Name=\n\nDevice-mapper name/],
  ['root-hash-short', /^## root-hash-short\n\nA fault of `boot --fault`: the root hash is cut off\./],
])('help %s', (topic, page) => {
  expect(bootrelay('help', topic).stdout).toMatch(page);
});

test('help for what is not there suggests something', () => {
  const { status, stderr } = bootrelay('help', 'debug-enabeld');
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: 'bootrelay: there is no help for debug-enabeld; did you mean debug-enabled?\n',
  });
});

test('docs/settings.md is what the table says (npm run docs)', () => {
  expect(readFileSync(join(root, 'docs/settings.md'), 'utf8')).toBe(bootrelay('settings').stdout);
});
