/** `bootrelay matrix` with the real Ninja: twenty builds of ten platforms and two kernels, each made when what it is made of changes. */
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openLab } from '../lab/lab.ts';

const lab = openLab();
const root = new URL('../../', import.meta.url).pathname;
const program = join(root, 'dist/cli.js');
const work = mkdtempSync(join(lab.shared, 'matrix-'));
afterAll(() => rmSync(work, { recursive: true }));

const names = Array.from({ length: 10 }, (_, index) => `p${index}`);
/** The platforms that extend a file of their own. */
const onOdd = (index: number) => index % 5 === 1;
/** The systems' files, two kernels among them, as hard links: what a test changes it replaces. */
const sysroot = 'system';

function run(command: string, ...args: readonly string[]) {
  const env = { ...process.env, NO_COLOR: '1', BOOTRELAY_TOOLS_TREE: lab.tools };
  return spawnSync(command, args, { cwd: work, encoding: 'utf8', env });
}

const matrix = (...args: readonly string[]) =>
  run(
    program,
    'matrix',
    ...names.map((name) => `${name}.ini`),
    '--sysroot',
    sysroot,
    '--output',
    'out',
    ...args,
  );

beforeAll(() => {
  expect(run('cp', '-al', lab.sysroot, sysroot).status).toBe(0);
  const modules = join('usr/lib/modules', lab.generic.kernel);
  expect(run('cp', '-al', join(lab.generic.sysroot, modules), join(sysroot, modules)).status).toBe(0);
  copyFileSync(
    join(lab.generic.sysroot, `boot/config-${lab.generic.kernel}`),
    join(work, sysroot, `boot/config-${lab.generic.kernel}`),
  );
  writeFileSync(join(work, 'odd.ini'), '[Platform]\nExtends=bootrelay:qemu-x86_64\n');
  for (const [index, name] of names.entries()) {
    const base = onOdd(index) ? 'odd.ini' : 'bootrelay:qemu-x86_64';
    writeFileSync(join(work, `${name}.ini`), `[Platform]\nExtends=${base}\n[Emergency]\nDelay=${index}s\n`);
  }
});

test('the jobs as data, as command lines, and for a workflow', () => {
  const { include } = JSON.parse(matrix('--format', 'github').stdout);
  expect(include).toHaveLength(20);
  expect(include[0]).toEqual({
    name: `p0_${[lab.kernel, lab.generic.kernel].sort()[0]}`,
    platform: 'p0.ini',
    kernel: [lab.kernel, lab.generic.kernel].sort()[0],
    form: 'shell',
    set: [],
    sysroot,
    output: expect.stringMatching(/^out\/p0_/),
  });
  expect(JSON.parse(matrix('--json', '--kernel', lab.kernel).stdout).jobs).toHaveLength(10);
  expect(matrix('--form', 'shell', '--form', 'systemd').stdout.trim().split('\n')).toHaveLength(40);
  expect(run(program, 'matrix', 'p0.ini', 'p0.ini', '--sysroot', sysroot, '-o', 'x').stderr).toContain(
    'two builds are named',
  );
});

describe('Ninja', () => {
  /** What Ninja built, by the names of the builds. */
  const ninja = (): readonly string[] => {
    const { status, stdout, stderr } = run('ninja', '-v', '-d', 'explain');
    expect({ status, words: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, words: '' });
    return [...stdout.matchAll(/^\[\d+\/\d+\] .* --output out\/(\S+)/gm)].map(([, name = '']) => name).sort();
  };
  const of = (platforms: readonly string[], kernels = [lab.kernel, lab.generic.kernel]) =>
    platforms.flatMap((name) => kernels.map((kernel) => `${name}_${kernel}`)).sort();

  test('builds all of them once, and then what an edit touches', () => {
    writeFileSync(join(work, 'build.ninja'), matrix('--format', 'ninja', '--program', program).stdout);
    expect(ninja()).toEqual(of(names));
    for (const name of of(names)) expect(existsSync(join(work, 'out', name, 'initrd.img'))).toBe(true);
    expect(ninja()).toEqual([]);

    appendFileSync(join(work, 'p3.ini'), '# a comment\n');
    expect(ninja()).toEqual(of(['p3']));
    appendFileSync(join(work, 'odd.ini'), '# a comment\n');
    expect(ninja()).toEqual(of(names.filter((_, index) => onOdd(index))));
    // A table of one kernel.
    const table = join(work, sysroot, 'usr/lib/modules', lab.generic.kernel, 'modules.dep');
    copyFileSync(table, `${table}.new`);
    renameSync(`${table}.new`, table);
    expect(ninja()).toEqual(of(names, [lab.generic.kernel]));
    // A directory whose names are read: a file that comes changes what is built.
    mkdirSync(join(work, 'p0.ini.d'));
    writeFileSync(join(work, 'p0.ini.d/10.conf'), '[Emergency]\nDelay=7s\n');
    appendFileSync(join(work, 'p0.ini'), '# has drop-ins now\n');
    expect(ninja()).toEqual(of(['p0']));
    writeFileSync(join(work, 'p0.ini.d/20.conf'), '[Emergency]\nDelay=8s\n');
    expect(ninja()).toEqual(of(['p0']));
    expect(ninja()).toEqual([]);
  }, 600_000);
});
