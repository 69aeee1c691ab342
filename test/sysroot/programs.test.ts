/** Where systems have the programs of a minimal initrd. */
import { expect, test } from '@jest/globals';
import { findProgram } from '../../src/sysroot/initrd-programs.ts';
import { findingsOf } from '../check/findings-of.ts';
import { configure } from '../config/platform-files.ts';
import { elfFile } from './elf-file.ts';
import { type Files, glibcLoader, makeSystem, mergedUsr } from './systems.ts';

const fixed = elfFile();
const dynamic = elfFile({ interpreter: glibcLoader });
const busyboxOf = (files: Files) => findProgram(makeSystem(files), '/usr/bin/busybox');

test.each<[string, Files, string | undefined]>([
  ['/usr/bin', { ...mergedUsr, '/usr/bin/busybox': fixed }, '/usr/bin/busybox'],
  ['/usr/sbin', { ...mergedUsr, '/usr/sbin/busybox': fixed }, '/usr/sbin/busybox'],
  ['a /bin that is no link', { '/bin/busybox': fixed }, '/bin/busybox'],
  ['a /sbin that is no link', { '/sbin/busybox': fixed, '/usr/bin/x': '' }, '/sbin/busybox'],
  ['/usr/local', { ...mergedUsr, '/usr/local/bin/busybox': fixed }, '/usr/local/bin/busybox'],
  ['another name', { ...mergedUsr, '/usr/bin/busybox-static': fixed }, '/usr/bin/busybox-static'],
  ['a static one besides', { '/bin/busybox': dynamic, '/bin/busybox.static': fixed }, '/bin/busybox.static'],
  ['only one that is not static', { '/bin/busybox': dynamic }, '/bin/busybox'],
  ['behind a link', { '/bin/busybox': '-> /opt/bin/bb', '/opt/bin/bb': fixed }, '/bin/busybox'],
  ['a link to nothing', { '/usr/bin/busybox': '-> /opt/bin/bb' }, undefined],
  [
    'one that cannot be started, where no other is',
    { '/usr/lib/initcpio/busybox': fixed },
    '/usr/lib/initcpio/busybox',
  ],
  [
    'another than one that cannot be started',
    { '/usr/lib/initcpio/busybox': fixed, '/sbin/busybox': fixed },
    '/sbin/busybox',
  ],
  ['nowhere', mergedUsr, undefined],
])('busybox: %s', (_, files, expected) => {
  expect(busyboxOf(files)).toBe(expected);
});

test.each<[string, Files, string, string]>([
  ['/usr is not merged', { '/sbin/dmsetup': fixed }, '/usr/sbin/dmsetup', '/sbin/dmsetup'],
  ['all is in bin', { '/usr/bin/dmsetup': fixed }, '/usr/sbin/dmsetup', '/usr/bin/dmsetup'],
  ['it is in sbin', { '/usr/sbin/mount': fixed }, '/usr/bin/mount', '/usr/sbin/mount'],
  ['/lib is no link', { '/lib/systemd/systemd': fixed }, '/usr/lib/systemd/systemd', '/lib/systemd/systemd'],
])('a program is found where %s', (_, files, path, expected) => {
  expect(findProgram(makeSystem(files), path)).toBe(expected);
});

test('a program of another processor, or none at all, is a finding', async () => {
  const check = (files: Files) =>
    findingsOf('programs', configure('Initrd.Init=shell'), {
      sysroot: makeSystem({ ...mergedUsr, ...files }),
    });
  expect(await check({ '/usr/sbin/busybox': fixed })).toEqual([]);
  expect(await check({ '/usr/sbin/busybox': elfFile({ machine: 183 }) })).toMatchObject([
    { message: 'the sysroot must have /usr/bin/busybox as a program for x86-64' },
  ]);
  expect(await check({ '/usr/lib/initcpio/busybox': fixed })).toMatchObject([
    { message: 'the sysroot must have /usr/bin/busybox as a program that can be started' },
  ]);
  expect(await check({})).toMatchObject([{ message: 'the sysroot must have /usr/bin/busybox' }]);
});

const systemd = '/usr/lib/systemd/systemd';
const executor = '/usr/lib/systemd/systemd-executor';
const veritysetup = '/usr/lib/systemd/systemd-veritysetup';
const core = '/usr/lib/x86_64-linux-gnu/systemd/libsystemd-core.so';
const linked = elfFile({
  interpreter: glibcLoader,
  needed: ['libsystemd-core.so'],
  runpath: core.replace(/\/[^/]*$/, ''),
});
const of254 = elfFile({ data: 'hash-offset=\0fec-device=\0fec-offset=\0fec-roots=\0root-hash-signature=' });
const of252 = elfFile({ data: 'panic-on-corruption\0root-hash-signature=' });

/** What is said of systemd's programs in the systemd form. */
async function ofSystemd(files: Files, ...settings: readonly string[]) {
  const sysroot = makeSystem({ ...mergedUsr, ...files });
  const found = await findingsOf('programs', configure('Initrd.Init=systemd', ...settings), { sysroot });
  return found
    .filter(({ message }) => message.includes('/systemd/'))
    .map(({ kind, message }) => `${kind}: ${message}`);
}

const others = { '/usr/lib/systemd/systemd-journald': fixed, '/usr/lib/systemd/systemd-udevd': fixed };
const missing = `program-missing: the sysroot must have ${executor}`;

test.each<[string, Files, readonly string[]]>([
  ['of systemd that names none', { [systemd]: fixed }, []],
  ['of a library that names none', { [systemd]: linked, [core]: fixed }, []],
  ['that systemd names', { [systemd]: elfFile({ data: executor }) }, [missing]],
  ['that a library of systemd names', { [systemd]: linked, [core]: elfFile({ data: executor }) }, [missing]],
  ['that is there', { [systemd]: elfFile({ data: executor }), [executor]: fixed }, []],
  ['of no systemd', {}, [`program-missing: the sysroot must have ${systemd}`, missing]],
])('systemd-executor, %s', async (_, files, expected) => {
  expect((await ofSystemd({ ...others, [veritysetup]: of254, ...files })).sort()).toEqual(expected);
});

const old = (options: string) =>
  `program-too-old: ${veritysetup} of the sysroot must know ${options}: it would ignore what it is given`;
const chosen = ['Verity.Tool=systemd-veritysetup'];
const corrected = ['Verity.FecDevice=PARTLABEL=USR-A-FEC'];

test.each<[string, Buffer | undefined, readonly string[], readonly string[]]>([
  ['of systemd 254', of254, chosen, []],
  ['of systemd 254, with error correction', of254, corrected, []],
  ['of systemd 252', of252, chosen, [old('hash-offset=')]],
  [
    'of systemd 252, error correction',
    of252,
    corrected,
    [old('hash-offset=, fec-device=, fec-offset=, fec-roots=')],
  ],
  ['of systemd 252, not used', of252, ['Verity.Tool=veritysetup'], []],
  ['of systemd 252, not used but for dmsetup', of252, [], []],
  ['none', undefined, chosen, [`program-missing: the sysroot must have ${veritysetup}`]],
])('systemd-veritysetup knows the options that it is given: %s', async (_, program, settings, expected) => {
  const files = { ...others, [systemd]: fixed, ...(program && { [veritysetup]: program }) };
  expect(await ofSystemd(files, ...settings)).toEqual(expected);
});
