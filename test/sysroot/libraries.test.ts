/** Libraries of the minimal initrd: at the place of the sysroot, and where the loader of the initrd finds them. */
import { describe, expect, test } from '@jest/globals';
import { placeLibraries } from '../../src/sysroot/libraries.ts';
import { treeOfSysroot } from '../../src/sysroot/sysroot-tree.ts';
import { findingsOf } from '../check/findings-of.ts';
import { configure } from '../config/platform-files.ts';
import { elfFile } from './elf-file.ts';
import { cacheOf, type Files, glibc, library, makeSystem, mergedUsr, program } from './systems.ts';

const loader = { '/usr/lib64/ld-linux-x86-64.so.2': glibc() };
const base: Files = { ...mergedUsr, ...loader };
const a = library('a');

/** What comes along for /usr/bin/p, as `PATH` or `PATH -> TARGET`; and the problems. */
function placed(files: Files, of: Files = base) {
  const tree = treeOfSysroot(makeSystem({ ...of, '/usr/bin/p': program(['a']), ...files }));
  const { placed: found, problems } = placeLibraries(tree, [{ path: '/usr/bin/p', from: '/usr/bin/p' }]);
  const texts = [...found].map(([path, place]) => ('target' in place ? `${path} -> ${place.target}` : path));
  return {
    placed: texts.filter((text) => text !== '/usr/lib64/ld-linux-x86-64.so.2'),
    problems: problems.map((problem) =>
      problem.kind === 'missing' ? problem.answer.names[0] : problem.path,
    ),
  };
}

describe('places', () => {
  test.each<[string, Files, readonly string[]]>([
    ['default directories', { '/usr/lib64/a': a }, ['/usr/lib64/a']],
    [
      'a directory of ld.so.conf gets a link',
      { '/opt/v/a': a, '/etc/ld.so.conf': '/opt/v\n' },
      ['/opt/v/a', '/usr/lib64/a -> /opt/v/a'],
    ],
    ['RPATH stays', { '/usr/bin/p': program(['a'], { rpath: '/opt/v' }), '/opt/v/a': a }, ['/opt/v/a']],
    ['a path stays', { '/usr/bin/p': program(['/opt/v/a']), '/opt/v/a': a }, ['/opt/v/a']],
    [
      '$ORIGIN of a program that is a link',
      {
        '/usr/bin/p': '-> ../lib/q/p',
        '/usr/lib/q/p': program(['a'], { runpath: '$ORIGIN' }),
        '/usr/lib/q/a': a,
      },
      ['/usr/lib/q/a', '/usr/lib64/a -> /usr/lib/q/a'],
    ],
    [
      'two names of one file are one file',
      { '/usr/bin/p': program(['a', '/opt/a']), '/usr/lib64/a': a, '/opt/a': '-> ../usr/lib64/a' },
      ['/usr/lib64/a', '/opt/a -> /usr/lib64/a'],
    ],
  ])('%s', (_, files, expected) => {
    expect(placed(files)).toEqual({ placed: expected, problems: [] });
  });

  test('of a system whose /usr is not merged are those of one that is', () => {
    const files = { '/lib64/ld-linux-x86-64.so.2': glibc(), '/lib64/a': a };
    expect(placed(files, {})).toEqual({ placed: ['/usr/lib64/a'], problems: [] });
  });

  test('of a system whose /lib64 is its /usr/lib keep the loader at the path that the kernel looks for', () => {
    const files = {
      '/lib': '-> usr/lib',
      '/lib64': '-> usr/lib',
      '/usr/lib/ld-linux-x86-64.so.2': glibc('/lib/\0/usr/lib/'),
    };
    expect(placed({ ...files, '/usr/lib/a': a }, {}).placed).toEqual([
      '/usr/lib/ld-linux-x86-64.so.2',
      '/usr/lib/a',
      '/usr/lib64/ld-linux-x86-64.so.2 -> /usr/lib/ld-linux-x86-64.so.2',
    ]);
  });

  test('a file in the place of another one that the loader would take first is a problem', () => {
    const files = {
      '/usr/bin/q': program(['a'], { rpath: '/usr/lib64' }),
      '/usr/lib64/a': library('a', { needed: [] }),
    };
    const sysroot = makeSystem({
      ...base,
      ...files,
      ...{ '/usr/bin/p': program(['a']), '/opt/v/a': a, '/etc/ld.so.cache': cacheOf({ a: '/opt/v/a' }) },
    });
    const programs = ['/usr/bin/p', '/usr/bin/q'].map((path) => ({ path, from: path }));
    const { problems } = placeLibraries(treeOfSysroot(sysroot), programs);
    expect(problems).toMatchObject([{ kind: 'missing', program: '/usr/bin/p', path: '/opt/v/a' }]);
    const cache = new Map([['/etc/ld.so.cache', { from: '/etc/ld.so.cache' }]]);
    expect(placeLibraries(treeOfSysroot(sysroot), programs, cache).problems).toEqual([]);
  });

  test('what a library opens by its name is found there too', () => {
    const note = JSON.stringify([{ feature: 'x', priority: 'recommended', soname: ['b.2', 'b.1'] }]);
    const words = Buffer.alloc(12);
    words.writeUInt32LE(4, 0);
    words.writeUInt32LE(note.length + 1, 4);
    const content = Buffer.concat([words, Buffer.from(`FDO\0${note}\0`)]);
    const opener = library('a', { sections: { '.note.dlopen': content } });
    const files = { '/usr/lib64/a': opener, '/etc/ld.so.conf': '/opt/v\n', '/opt/v/b.1': library('b.1') };
    expect(placed(files)).toEqual({
      placed: ['/usr/lib64/a', '/opt/v/b.1', '/usr/lib64/b.1 -> /opt/v/b.1'],
      problems: [],
    });
  });
});

describe('findings', () => {
  const busybox = { '/usr/bin/busybox': elfFile() };
  const check = (name: string, files: Files, ...extra: readonly string[]) =>
    findingsOf(name, configure('Initrd.Init=shell', ...extra.map((path) => `Initrd.ExtraFiles=${path}`)), {
      sysroot: makeSystem({ ...base, ...busybox, ...files }),
    });

  test('one for a library that two programs lack, with the line of the first and where it is', async () => {
    const files = {
      '/usr/bin/p': program(['a']),
      '/usr/bin/q': program(['a']),
      '/usr/lib64/glibc-hwcaps/x86-64-v3/a': a,
    };
    expect(await check('libraries', files, '/usr/bin/p', '/usr/bin/q')).toMatchObject([
      {
        kind: 'library-missing',
        message: 'the sysroot must have a, which /usr/bin/p, /usr/bin/q needs',
        hint: 'its loader does not look at /usr/lib64/glibc-hwcaps/x86-64-v3/a, or only on some processors',
      },
    ]);
  });

  test('one for a library that the loader of the initrd alone would not find', async () => {
    const files = {
      '/usr/bin/p': program(['a'], { noDefaults: true }),
      '/etc/ld.so.conf': '/opt/v\n',
      '/opt/v/a': a,
    };
    const [finding] = await check('libraries', files, '/usr/bin/p');
    expect(finding?.message).toMatch(
      /^the loader of \/usr\/bin\/p would not find a in .* has as \/opt\/v\/a$/,
    );
    expect(finding?.hint).toMatch(/ExtraFiles=\/etc\/ld\.so\.cache/);
  });

  test('one for a loader that is not there, and for a damaged library', async () => {
    const files = { '/usr/bin/p': elfFile({ interpreter: '/lib/ld-musl-x86_64.so.1', needed: [] }) };
    expect(await check('libraries', files, '/usr/bin/p')).toMatchObject([
      { message: 'the sysroot must have /lib/ld-musl-x86_64.so.1, which /usr/bin/p needs' },
    ]);
    const damaged = { '/usr/bin/p': program(['a']), '/usr/lib64/a': a.subarray(0, 180) };
    expect(await check('libraries', damaged, '/usr/bin/p')).toMatchObject([
      {
        kind: 'file-damaged',
        message: expect.stringMatching(/^\/usr\/lib64\/a of the sysroot cannot be read: it has 180/),
      },
    ]);
  });

  test('none for libraries that a library of ExtraFiles needs, which come along, whatever its permissions', async () => {
    const files = { '/usr/lib64/plugin.so': library('plugin.so', { needed: ['a'] }) };
    expect(await check('libraries', files, '/usr/lib64/plugin.so')).toMatchObject([
      { kind: 'library-missing' },
    ]);
    expect(await check('libraries', { ...files, '/usr/lib64/a': a }, '/usr/lib64/plugin.so')).toEqual([]);
  });

  test.each([
    ['/bin/sh', '#!/bin/sh -e\n', undefined],
    ['one that is not there', '#! /usr/bin/python3 -u\n', '/usr/bin/python3'],
    ['env, an applet of the plan, and sh', '#!/usr/bin/env sh\n', undefined],
    ['what env starts', '#!/bin/busybox env -S A=b python3\n', undefined],
    ['the line ends of another system', '#!/bin/sh\r\n', '/bin/sh\\r'],
    ['tabs', '#!\t/bin/awk\t-f\n', '/bin/awk'],
  ])('of a script with %s', async (_, text, missing) => {
    const found = await check('interpreters', { '/usr/bin/p': text }, '/usr/bin/p');
    const message = `the minimal initrd must have ${missing}, which starts /usr/bin/p`;
    expect(found.map((finding) => finding.message)).toEqual(missing === undefined ? [] : [message]);
  });

  test('of a script that env starts: the program, in whatever directory it is', async () => {
    const files = {
      '/usr/bin/p': '#!/usr/bin/env -S python3 -u\n',
      '/usr/bin/env': elfFile(),
      '/usr/sbin/python3': elfFile(),
    };
    const messages = (await check('interpreters', files, '/usr/bin/p', '/usr/bin/env')).map(
      ({ message }) => message,
    );
    expect(messages).toEqual(['the minimal initrd must have python3, which starts /usr/bin/p']);
    expect(await check('interpreters', files, '/usr/bin/p', '/usr/bin/env', '/usr/sbin/python3')).toEqual([]);
  });
});
