/** Whether the programs of a full initrd start there: their libraries, where its loader looks, and their interpreters. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { readInitrdFiles } from '../../src/initrd/files.ts';
import { configure } from '../config/platform-files.ts';
import { newcTree } from '../initrd/newc-archive.ts';
import { elfFile } from '../sysroot/elf-file.ts';
import { cacheOf, type Files, glibc, library, mergedUsr, program } from '../sysroot/systems.ts';
import { findingsOf } from './findings-of.ts';

const work = mkdtempSync(join(tmpdir(), 'bootrelay-full-'));
afterAll(() => rmSync(work, { recursive: true }));

const base: Files = { ...mergedUsr, '/usr/lib64/ld-linux-x86-64.so.2': glibc() };

/** What is wrong with /init in an initrd of these files. */
async function wrongIn(files: Files): Promise<readonly string[]> {
  const entries = Object.entries({ ...base, ...files }).map(([path, content]) => {
    const name = path.slice(1);
    return typeof content === 'string' && content.startsWith('-> ')
      ? { name, mode: 0o120777, data: content.slice(3) }
      : { name, mode: 0o100755, data: content };
  });
  const initrd = join(work, 'initrd');
  writeFileSync(initrd, newcTree(entries));
  const contents = await readInitrdFiles(initrd, work);
  const findings = await findingsOf('full-initrd', configure(), {
    fullInitrd: { name: 'initrd', contents, kernel: undefined },
  });
  return findings
    .map(({ message }) => message)
    .filter((message) => !/check of \/usr|initrd-release/.test(message));
}

const a = library('a');
const init = { '/init': program(['a']) };
const notAt = (path: string) =>
  `initrd must have a where its loader looks, and not only as ${path}, which /init needs`;

test.each<[string, Files, readonly string[]]>([
  ['in a default directory', { ...init, '/usr/lib64/a': a }, []],
  ['nowhere', init, ['initrd must have a, which /init needs']],
  ['where no loader looks', { ...init, '/opt/a': a }, [notAt('/opt/a')]],
  ['where only another loader looks', { ...init, '/usr/lib/a': a }, [notAt('/usr/lib/a')]],
  ['in its cache', { ...init, '/opt/a': a, '/etc/ld.so.cache': cacheOf({ b: '/b', a: '/opt/a' }) }, []],
  [
    'in its cache, for some processors',
    { ...init, '/opt/a': a, '/etc/ld.so.cache': cacheOf({ a: '/opt/a' }, 1n << 62n) },
    [notAt('/opt/a')],
  ],
  [
    'in a cache that is cut off',
    { ...init, '/opt/a': a, '/etc/ld.so.cache': cacheOf({ a: '/opt/a' }).subarray(0, 60) },
    [notAt('/opt/a')],
  ],
  [
    'in ld.so.conf, which no loader reads',
    { ...init, '/opt/a': a, '/etc/ld.so.conf': '/opt\n' },
    [notAt('/opt/a')],
  ],
  ['at RUNPATH', { '/init': program(['a'], { runpath: '/opt' }), '/opt/a': a }, []],
  [
    'at $ORIGIN of what /init leads to',
    {
      '/init': '-> usr/lib/s/i',
      '/usr/lib/s/i': program(['a'], { runpath: '$ORIGIN/p' }),
      '/usr/lib/s/p/a': a,
    },
    [],
  ],
  ['at its path', { '/init': program(['/usr/lib/v/a']), '/usr/lib/v/a': a }, []],
  [
    'not at its path',
    { '/init': program(['/usr/lib/v/b']) },
    ['initrd must have /usr/lib/v/b, which /init needs'],
  ],
  [
    'of another processor',
    { ...init, '/usr/lib64/a': library('a', { machine: 183 }) },
    [notAt('/usr/lib64/a')],
  ],
  ['behind a link', { ...init, '/usr/lib64/a': '-> a.1', '/usr/lib64/a.1': a }, []],
  ['behind a link to nothing', { ...init, '/usr/lib64/a': '-> a.1' }, [notAt('/usr/lib64/a')]],
  [
    'that needs another',
    { ...init, '/usr/lib64/a': library('a', { needed: ['b'] }) },
    ['initrd must have b, which /usr/lib64/a needs'],
  ],
  [
    'that is cut off',
    { ...init, '/usr/lib64/a': a.subarray(0, 150) },
    ['initrd must have /usr/lib64/a undamaged: its headers are cut off'],
  ],
])('a library %s', async (_, files, expected) => {
  expect(await wrongIn(files)).toEqual(expected);
});

test('the loader itself must be there', async () => {
  const other = { '/init': elfFile({ interpreter: '/lib/ld-musl-x86_64.so.1', needed: [] }) };
  expect(await wrongIn(other)).toEqual(['initrd must have /lib/ld-musl-x86_64.so.1, which /init needs']);
});

test('musl looks where its path file says', async () => {
  const files = {
    '/init': elfFile({ interpreter: '/lib/ld-musl-x86_64.so.1', needed: ['a', 'libc.musl-x86_64.so.1'] }),
    '/usr/lib/ld-musl-x86_64.so.1': library('libc.so'),
    '/opt/a': a,
  };
  expect(await wrongIn(files)).toEqual([notAt('/opt/a')]);
  expect(await wrongIn({ ...files, '/etc/ld-musl-x86_64.path': '/opt\n' })).toEqual([]);
});

test('scripts need their interpreter, what env starts, and the libraries of both', async () => {
  const env = { '/usr/bin/env': program([]) };
  expect(await wrongIn({ '/init': '#!\t/bin/sh\n' })).toEqual([
    'initrd must have /bin/sh, the interpreter of /init',
  ]);
  expect(await wrongIn({ '/init': '#!/usr/bin/env sh\n', ...env })).toEqual([
    'initrd must have /usr/bin/sh, the interpreter of /init',
  ]);
  expect(await wrongIn({ '/init': '#!/usr/bin/env sh\n', ...env, '/usr/sbin/sh': program(['a']) })).toEqual([
    'initrd must have a, which /usr/sbin/sh needs',
  ]);
});
