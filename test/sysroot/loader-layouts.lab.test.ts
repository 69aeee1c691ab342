/**
 * Systems with their libraries in all kinds of places: what we read of each is what its loader does, and in the minimal initrd,
 * with our links and without a cache, the loader finds the same files.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { placeLibraries } from '../../src/sysroot/libraries.ts';
import { startOf } from '../../src/sysroot/loader.ts';
import { resolveInSysroot } from '../../src/sysroot/paths.ts';
import { treeOfSysroot } from '../../src/sysroot/sysroot-tree.ts';
import { openLab } from '../lab/lab.ts';
import { loadsOf } from './real-loader.ts';
import { type Files, makeSystem, mergedUsr } from './systems.ts';

const lab = openLab();
const work = mkdtempSync(join(tmpdir(), 'bootrelay-layouts-'));
afterAll(() => rmSync(work, { recursive: true }));

const loader = 'usr/lib64/ld-linux-x86-64.so.2';
const busybox = 'usr/bin/busybox';

/** Something to link: where, with which arguments of ld(1); `needs` are others of the layout. */
interface Linked {
  readonly path: string;
  readonly needs?: readonly string[];
  readonly args?: readonly string[];
}

interface Layout {
  readonly program?: Linked;
  readonly libraries: readonly Linked[];
  readonly files?: Files;
  readonly conf?: string;
  /** Libraries that the loader does not find in the system. */
  readonly missing?: readonly string[];
}

const rpath = (path: string) => ['--disable-new-dtags', '-rpath', path];
const runpath = (path: string) => ['--enable-new-dtags', '-rpath', path];
const soname = (name: string) => ['-soname', name];

const layouts: Readonly<Record<string, Layout>> = {
  'default directories': {
    libraries: [{ path: 'usr/lib/x86_64-linux-gnu/liba.so.1' }, { path: 'usr/lib/libb.so.1' }],
  },
  'a directory of ld.so.conf': { libraries: [{ path: 'opt/v/liba.so.1' }], conf: '/opt/v\n' },
  'an included one, with a library that needs another': {
    libraries: [{ path: 'opt/v/liba.so.1' }, { path: 'opt/w/libb.so.1', needs: ['liba.so.1'] }],
    conf: 'include v.d/*.conf\n',
    files: { 'etc/v.d/1.conf': '/opt/v\n/opt/w\n' },
  },
  RUNPATH: { libraries: [{ path: 'opt/v/liba.so.1' }], program: { path: '', args: runpath('/opt/v') } },
  'RPATH for what libraries need': {
    libraries: [{ path: 'opt/v/liba.so.1' }, { path: 'opt/v/libb.so.1', needs: ['liba.so.1'] }],
    program: { path: '', needs: ['libb.so.1'], args: rpath('/opt/v') },
  },
  'RUNPATH not for what libraries need': {
    libraries: [{ path: 'opt/v/liba.so.1' }, { path: 'opt/v/libb.so.1', needs: ['liba.so.1'] }],
    program: { path: '', needs: ['libb.so.1'], args: runpath('/opt/v') },
    missing: ['liba.so.1'],
  },
  'RUNPATH of a library instead of RPATH of the program': {
    libraries: [
      { path: 'opt/v/liba.so.1' },
      { path: 'opt/v/libb.so.1', needs: ['liba.so.1'], args: runpath('/opt/w') },
    ],
    program: { path: '', needs: ['libb.so.1'], args: rpath('/opt/v') },
    missing: ['liba.so.1'],
  },
  '$ORIGIN of a program that is a link': {
    libraries: [{ path: 'usr/libexec/lib/liba.so.1' }],
    program: { path: 'usr/libexec/p/p', args: runpath('$ORIGIN/../lib') },
    files: { 'usr/bin/p': '-> ../libexec/p/p' },
  },
  '$ORIGIN of a library that is a link': {
    libraries: [
      { path: 'opt/v/x/liba.so.1' },
      { path: 'opt/w/libb.so.1', needs: ['liba.so.1'], args: runpath('$ORIGIN/x') },
    ],
    program: { path: '', needs: ['libb.so.1'], args: runpath('/opt/v') },
    files: { 'opt/v/libb.so.1': '-> ../w/libb.so.1' },
  },
  'links up from a link': {
    libraries: [{ path: 'usr/share/w/liba.so.1' }],
    program: { path: '', args: runpath('/opt/v/../w') },
    files: { 'opt/v': '-> ../usr/share/v', 'usr/share/v/x': '' },
  },
  $LIB: {
    libraries: [{ path: 'opt/lib/x86_64-linux-gnu/liba.so.1' }],
    program: { path: '', args: runpath('/opt/$LIB') },
  },
  'needed by its path': {
    libraries: [{ path: 'usr/lib/v/liba.so.1', args: soname('/usr/lib/v/liba.so.1') }],
  },
  'needed by its path, loaded for another by its name': {
    libraries: [
      { path: 'opt/v/liba.so.1', args: soname('/opt/v/liba.so.1') },
      { path: 'usr/lib/libb.so.1', needs: ['liba.so.1'] },
    ],
  },
  'NODEFLIB and RUNPATH': {
    libraries: [{ path: 'opt/v/liba.so.1' }],
    program: { path: '', args: ['-z', 'nodefaultlib', ...runpath('/opt/v')] },
  },
  'NODEFLIB, and only in a default directory': {
    libraries: [{ path: 'usr/lib/liba.so.1' }],
    program: { path: '', args: ['-z', 'nodefaultlib'] },
    missing: ['liba.so.1'],
  },
  'for all processors beside some': {
    libraries: [{ path: 'usr/lib/liba.so.1' }],
    files: { 'usr/lib/glibc-hwcaps/x86-64-v9/liba.so.1': 'no library' },
  },
  'behind a link': {
    libraries: [{ path: 'usr/lib/liba.so.1.2', args: soname('liba.so.1') }],
    files: { 'usr/lib/liba.so.1': '-> liba.so.1.2' },
  },
  'two names of one file': {
    libraries: [
      { path: 'usr/lib/liba.so.1' },
      { path: 'usr/lib/libb.so.1', needs: ['liba.so.1'], args: runpath('/opt/v') },
    ],
    program: { path: '', needs: ['libb.so.1', 'liba.so.1'] },
    files: { 'opt/v/liba.so.1': '-> /usr/lib/liba.so.1' },
  },
  'two libraries of one name': {
    libraries: [{ path: 'usr/lib/liba.so.1' }, { path: 'opt/v/liba.so.1' }],
    program: { path: '', args: runpath('/opt/v') },
  },
  'a directory that is a link': {
    libraries: [{ path: 'opt/v2/liba.so.1' }],
    program: { path: '', args: runpath('/opt/v') },
    files: { 'opt/v': '-> v2' },
  },
};

beforeAll(() => {
  mkdirSync(join(work, 'obj'));
  const code = 'void _start(void){__asm__("xor %edi,%edi; mov $60,%eax; syscall");}';
  for (const [name, text] of [
    ['program', code],
    ['library', 'int x;'],
  ])
    execFileSync('cc', ['-x', 'c', '-fPIC', '-c', '-o', join(work, `obj/${name}.o`), '-'], { input: text });
});

function makeLayout({ program, libraries, files = {}, conf }: Layout): string {
  const real = { ...program, path: program?.path || 'usr/bin/p' };
  const system = makeSystem({ ...mergedUsr, ...files, ...(conf && { 'etc/ld.so.conf': conf }) });
  for (const path of [loader, busybox]) {
    mkdirSync(dirname(join(system, path)), { recursive: true });
    cpSync(join(lab.sysroot, path), join(system, path), { dereference: true });
  }
  const link = ({ path, needs = [], args = [] }: Linked, own: readonly string[]) => {
    mkdirSync(dirname(join(system, path)), { recursive: true });
    const needed = needs.map(
      (need) => libraries.find((other) => basename(other.path).startsWith(need))?.path ?? need,
    );
    const inputs = needed.map((need) => join(system, need));
    const options = [
      '-o',
      join(system, path),
      '--no-as-needed',
      '--unresolved-symbols=ignore-all',
      ...own,
      ...args,
    ];
    execFileSync('ld', [...options, ...inputs, '-z', 'noexecstack']);
  };
  for (const library of libraries) {
    const names = library.args?.includes('-soname') ? [] : soname(basename(library.path));
    link(library, ['-shared', ...names, join(work, 'obj/library.o')]);
  }
  const needs = real.needs ?? [...new Set(libraries.map(({ path }) => basename(path)))];
  const interpreter = ['-pie', '--dynamic-linker', '/lib64/ld-linux-x86-64.so.2'];
  link({ ...real, needs }, [...interpreter, join(work, 'obj/program.o')]);
  mkdirSync(join(system, 'proc'));
  if (conf) execFileSync('/sbin/ldconfig', ['-r', system]);
  return system;
}

/** The contents of what the loader loads in a tree: paths are others in the initrd. */
function loadedIn(tree: string) {
  const { files, missing } = loadsOf(tree, ['/usr/bin/busybox', 'sh'], ['/usr/bin/p']).get('/usr/bin/p') ?? {
    files: [],
    missing: ['p'],
  };
  return { files: files.map((file) => resolveInSysroot(tree, file) ?? file).sort(), missing };
}

test.each(Object.entries(layouts))('%s', (_, layout) => {
  const system = makeLayout(layout);
  const tree = treeOfSysroot(system);
  const { answers } = startOf(tree, '/usr/bin/p');
  const real = loadedIn(system);
  expect([...new Set(answers.flatMap(({ library }) => library?.real ?? []))].sort()).toEqual(real.files);
  expect(answers.flatMap(({ names, library }) => (library ? [] : names))).toEqual(layout.missing ?? []);
  expect(real.missing).toEqual(layout.missing ?? []);

  const programs = ['/usr/bin/p', '/usr/bin/busybox'].map((path) => ({ path, from: path }));
  const { placed, problems } = placeLibraries(tree, programs);
  expect(problems.length).toBe(layout.missing?.length ?? 0);
  if (problems.length > 0) return;
  const initrd = makeSystem(mergedUsr);
  mkdirSync(join(initrd, 'proc'));
  for (const [path, place] of [...placed, ...programs.map((program) => [program.path, program] as const)]) {
    mkdirSync(dirname(join(initrd, path)), { recursive: true });
    if ('target' in place) symlinkSync(place.target, join(initrd, path));
    else cpSync(join(system, resolveInSysroot(system, place.from) ?? ''), join(initrd, path));
  }
  const there = loadedIn(initrd);
  const bytes = (directory: string, files: readonly string[]) =>
    files.map((file) => readFileSync(join(directory, file)).toString('base64')).sort();
  expect(there.missing).toEqual([]);
  expect(bytes(initrd, there.files)).toEqual(bytes(system, real.files));
});
