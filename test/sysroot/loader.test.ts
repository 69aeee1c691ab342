/** What a program gets from its loader: ld.so(8) of glibc, ldso/dynlink.c of musl. */
import { describe, expect, test } from '@jest/globals';
import { startOf } from '../../src/sysroot/loader.ts';
import { treeOfSysroot } from '../../src/sysroot/sysroot-tree.ts';
import { elfFile } from './elf-file.ts';
import { type Files, glibc, library, makeSystem, mergedUsr, program } from './systems.ts';

const base: Files = { ...mergedUsr, '/usr/lib64/ld-linux-x86-64.so.2': glibc() };

/** NAME=PATH for each library that /usr/bin/p gets, NAME=? for one that is not found. */
function given(files: Files, of: Files = base): readonly string[] {
  const { answers } = startOf(treeOfSysroot(makeSystem({ ...of, ...files })), '/usr/bin/p');
  return answers
    .filter(({ names }) => !names[0]?.includes('/ld-'))
    .map(({ names, library: found }) => `${names.join('|')}=${found?.path ?? '?'}`);
}

const a = library('a');
const other = library('a', { machine: 183 });

test.each<[string, Files, readonly string[]]>([
  [
    'default directories, those that its loader has compiled in',
    { '/usr/lib64/a': a, '/usr/lib/a': a },
    ['a=/usr/lib64/a'],
  ],
  ['no directory that other loaders have', { '/usr/lib/x86_64-linux-gnu/a': a }, ['a=?']],
  ['a library of its own processor', { '/lib64x/a': a, '/usr/lib64/a': other }, ['a=?']],
  ['no script in its place', { '/usr/lib64/a': 'GROUP ( a.1 )' }, ['a=?']],
  ['what only some processors have, not', { '/usr/lib64/glibc-hwcaps/x86-64-v3/a': a }, ['a=?']],
  [
    'the directories of ld.so.conf, behind the default ones',
    { '/etc/ld.so.conf': '/opt/a\n', '/opt/a/a': a },
    ['a=/opt/a/a'],
  ],
  [
    'what ld.so.conf includes',
    {
      '/etc/ld.so.conf': '# x\ninclude ld.so.conf.d/*.conf\n',
      '/etc/ld.so.conf.d/v.conf': '/opt/a/ # v\n',
      '/opt/a/a': a,
    },
    ['a=/opt/a/a'],
  ],
])('%s', (_, files, expected) => {
  expect(given({ '/usr/bin/p': program(['a']), ...files })).toEqual(expected);
});

describe('paths of the program', () => {
  const tell = (needed: readonly string[], rest: Parameters<typeof elfFile>[0], files: Files) =>
    given({ '/usr/bin/p': program(needed, rest), ...files });

  test('DT_RPATH counts for its libraries too, DT_RUNPATH only for itself, and then DT_RPATH not at all', () => {
    const files = { '/v/b': library('b', { needed: ['a'] }), '/v/a': a };
    expect(tell(['b'], { rpath: '/v' }, files)).toEqual(['b=/v/b', 'a=/v/a']);
    expect(tell(['b'], { runpath: '/v' }, files)).toEqual(['b=/v/b', 'a=?']);
    expect(tell(['b'], { rpath: '/v', runpath: '/w' }, files)).toEqual(['b=?']);
    const own = { ...files, '/v/b': library('b', { needed: ['a'], runpath: '/w' }) };
    expect(tell(['b'], { rpath: '/v' }, own)).toEqual(['b=/v/b', 'a=?']);
  });

  test('$ORIGIN is the directory of the file itself, behind links of a program', () => {
    const rest = { runpath: '/none:$' + '{ORIGIN}/../v' };
    expect(tell(['a'], rest, { '/usr/v/a': a })).toEqual(['a=/usr/v/a']);
    const linked = { '/usr/bin/p': '-> ../libexec/q/p', '/usr/libexec/q/p': program(['a'], rest) };
    expect(given({ ...linked, '/usr/libexec/v/a': a })).toEqual(['a=/usr/libexec/v/a']);
    const nested = { '/v/b': library('b', { needed: ['a'], runpath: '$ORIGIN/c' }), '/v/c/a': a };
    expect(tell(['b'], { runpath: '/v' }, nested)).toEqual(['b=/v/b', 'a=/v/c/a']);
  });

  test('.. leads up from where a link leads to', () => {
    const files = { '/v': '-> usr/share/v', '/usr/share/v/x': 'x', '/usr/share/w/a': a };
    expect(tell(['a'], { runpath: '/v/../w' }, files)).toEqual(['a=/usr/share/w/a']);
  });

  test('$LIB is the name of its directory of libraries, $PLATFORM that of its processor', () => {
    expect(tell(['a'], { runpath: '/opt/$LIB/$PLATFORM' }, { '/opt/lib64/x86_64/a': a })).toEqual([
      'a=/opt/lib64/x86_64/a',
    ]);
  });

  test('a library that is needed by its path is there, or is not found', () => {
    expect(tell(['/v/a'], {}, { '/v/a': a })).toEqual(['/v/a=/v/a']);
    expect(tell(['/v/a'], {}, { '/usr/lib64/a': a })).toEqual(['/v/a=?']);
  });

  test('a library is the one that is loaded already under the name that it gives itself', () => {
    const files = { '/v/x': library('a'), '/usr/lib64/a': a };
    expect(tell(['/v/x', 'a'], {}, files)).toEqual(['/v/x=/v/x', 'a=/v/x']);
  });

  test('without default directories, what they have is not found', () => {
    const files = { '/usr/lib64/a': a, '/v/b': library('b') };
    expect(tell(['a', 'b'], { noDefaults: true, runpath: '/v' }, files)).toEqual(['a=?', 'b=/v/b']);
  });
});

describe('musl', () => {
  const loader = '/lib/ld-musl-x86_64.so.1';
  const musl: Files = { ...mergedUsr, '/usr/lib/ld-musl-x86_64.so.1': library('libc.musl-x86_64.so.1') };
  const tell = (needed: readonly string[], files: Files, rest: Parameters<typeof elfFile>[0] = {}) =>
    given({ '/usr/bin/p': elfFile({ interpreter: loader, needed, ...rest }), ...files }, musl);

  test('looks into its own directories, and nowhere that glibc looks', () => {
    expect(tell(['a'], { '/usr/local/lib/a': a })).toEqual(['a=/usr/local/lib/a']);
    expect(tell(['a'], { '/usr/lib64/a': a, '/etc/ld.so.conf': '/usr/lib64\n' })).toEqual(['a=?']);
  });

  test('has them in its path file instead', () => {
    const files = { '/etc/ld-musl-x86_64.path': '/opt/a:/opt/b\n/opt/c\n', '/usr/lib/b': library('b') };
    expect(tell(['a', 'b'], { ...files, '/opt/c/a': a })).toEqual(['a=/opt/c/a', 'b=?']);
  });

  test('is libc by whatever name', () => {
    expect(tell(['libc.musl-x86_64.so.1', 'libpthread.so.0', 'libm.so.6'], {})).toEqual([]);
  });

  test('takes DT_RUNPATH for what libraries need too', () => {
    const files = { '/v/b': library('b', { needed: ['a'] }), '/v/a': a };
    expect(tell(['b'], files, { runpath: '/v' })).toEqual(['b=/v/b', 'a=/v/a']);
  });
});

test('a sysroot of usr/ only has its libraries where a merged /usr has them', () => {
  const files = {
    '/usr/lib64/ld-linux-x86-64.so.2': glibc(),
    '/usr/bin/p': program(['a']),
    '/usr/lib64/a': a,
  };
  const { answers } = startOf(treeOfSysroot(makeSystem(files)), '/usr/bin/p');
  expect(answers.map(({ library: found }) => found?.real)).toEqual([
    '/usr/lib64/ld-linux-x86-64.so.2',
    '/usr/lib64/a',
  ]);
});

test('what is cut off is told with its path, and is no reason to end', () => {
  const files = { ...base, '/usr/bin/p': program(['a']), '/usr/lib64/a': a.subarray(0, 200) };
  const { damaged } = startOf(treeOfSysroot(makeSystem(files)), '/usr/bin/p');
  expect([...damaged]).toEqual([['/usr/lib64/a', expect.stringMatching(/^it has 200 of \d+ bytes$/)]]);
});
