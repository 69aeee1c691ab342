/**
 * The kernel makes environment variables and arguments of words of its command line. The rendered /init, started as the kernel
 * starts it, does the same with any of them as with none. Functions stand for the programs that would change a machine.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { imageKindOf, imageMark } from '../../src/config/image-format.ts';
import { usesUsr } from '../../src/config/image-host.ts';
import { partitionTypesOf } from '../../src/config/partition-types.ts';
import { hashPartition, verifiedFileSystems } from '../../src/config/verity-device.ts';
import { textAt } from '../../src/render/tree.ts';
import { below } from './below.ts';
import { loadNamed, platformNames, renderNamed } from './platforms.ts';
import { shells } from './shells.ts';
import { type FileSystem, fileSystemStart, hashTree, rootHash, writeParts } from './superblocks.ts';

const work = mkdtempSync(join(tmpdir(), 'bootrelay-test-'));
afterAll(() => rmSync(work, { recursive: true }));

const whereIs = (program: string) =>
  execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim();
const env = whereIs('env');
const busybox = whereIs('busybox');

const formOf = (name: string) => loadNamed(name).config?.settings.Initrd.Init;
const ofShell = platformNames.filter((name) => formOf(name) === 'shell');
const ofSystemd = platformNames.filter((name) => formOf(name) === 'systemd');

/** A built-in root hash, so that the step behind it is reached. */
function settingsOf(name: string): readonly string[] {
  const builtIn = loadNamed(name).config?.settings.Verity.RootHash;
  return builtIn && builtIn !== 'command-line' ? [`Verity.RootHash=${rootHash}`] : [];
}

const initOf = (name: string) => textAt(renderNamed(name, ...settingsOf(name)), 'minimal/init') ?? '';

/** The UUID of a discoverable hash partition: the last digits of the root hash. */
const hashUuid = rootHash.slice(-12);

/** Where a program of the made-up machine says how it was called, and, for the last one, with which environment. */
function fakes(root: string): string {
  const note = (name: string) => `printf '%s\\0' ${name} "$@" >> ${root}/calls`;
  const answers: Readonly<Record<string, string>> = {
    // The type of a partition, or the partition of a UUID.
    blkid: `case "$1 $6" in
  '-p '*/vdd1) echo ${partitionTypesOf({ Platform: { Architecture: 'x86-64' } }).signature}; return ;;
  '-p '*/vde1) echo c12a7328-f81f-11d2-ba4b-00a0c93ec93b; return ;;
  '-p '*) return 2 ;;
esac
case $4 in *12 | *${hashUuid}) echo ${root}/dev/vdb1 ;; *) echo ${root}/dev/vda1 ;; esac`,
    losetup: `[ $1 != -f ] || echo ${root}/dev/loop0`,
    switch_root: `${env} -0 >> ${root}/calls; exit 0`,
    ended: `${env} -0 >> ${root}/calls; exit 1`,
    'dm-create': 'true',
  };
  const programs = 'mount umount insmod cp sleep ln veritysetup dmsetup'.split(' ');
  return [
    ...programs.map((name) => `${name}() { ${note(name)}; }`),
    ...Object.entries(answers)
      .filter(([name]) => name !== 'dm-create')
      .map(([name, answer]) => `${name}() { ${note(name)}; ${answer}; }`),
    // No name for a function in dash.
    `alias dm-create=dm_create`,
    `dm_create() { ${note('dm-create')}; }`,
  ].join('\n');
}

/** The rendered /init with the machine below `root`, which begins again with `shell` as it would with /bin/sh. */
function scriptOf(name: string, root: string, shell: readonly string[]): string {
  const [program = '', ...applet] = shell;
  const path = [whereIs(program), ...applet].join(' ');
  const text = initOf(name);
  const again = 'exec /usr/bin/env -i HOME=/ TERM=linux /bin/sh -u /init';
  expect(text.split(again)).toHaveLength(2);
  const started = text
    .replace('#!/bin/sh\n', `#!${path}\n`)
    .replace(again, `exec ${env} -i HOME=/ TERM=linux ${path} -u ${root}/init`)
    .replace('export PATH=/usr/sbin:/usr/bin\n', (line) => `${line}${fakes(root)}\n`)
    .replaceAll('exec /usr/lib/bootrelay/emergency', 'ended')
    .replace('exec switch_root', 'switch_root');
  // A file instead of a device: what is written goes behind what is there.
  return below(root, started)
    .replace(`[ -c ${root}/dev/kmsg ]`, 'true')
    .replace(`true <> ${root}/dev/kmsg`, 'true')
    .replaceAll(`> ${root}/dev/kmsg`, `>> ${root}/dev/kmsg`)
    .replace(`exec 0<>> ${root}/dev/kmsg >&0 2>&0`, `exec < /dev/null >> ${root}/dev/kmsg 2>&1`)
    .replaceAll(`name=\${1#/dev/}`, `name=\${1#${root}/dev/}`)
    .replaceAll('/skeleton', `${root}/skeleton`);
}

/** A machine whose boot goes to its end. */
function makeMachine(root: string, name: string): void {
  const { config } = loadNamed(name, ...settingsOf(name));
  if (!config) throw new Error(name);
  const { Usr, Verity, FullInitrd } = config.settings;
  const verity = Verity.Verity === 'required';
  const point = FullInitrd.Writable || FullInitrd.Source === 'thin' ? 'image' : 'full';
  const host = !usesUsr(config.settings);
  const image = host ? `host${FullInitrd.Image}` : 'sysusr/usr/lib/bootrelay/initrd.img';
  const imageSource = host ? `253:0 / ${root}/image ro` : `7:0 / ${root}/${point} ro`;
  const source = verity ? `mapper/${Verity.Name}` : 'vda1';
  const loop = 'sys/dev/block/7:0/loop';
  const files: Readonly<Record<string, string>> = {
    'proc/cmdline': `quiet usrhash=${rootHash}\n`,
    'proc/uptime': '1.00 1.00\n',
    'proc/sys/kernel/panic': '0\n',
    'proc/self/mountinfo': [
      `20 1 253:0 / ${root}/sysusr/usr ro - ${Usr.FileSystem[0]} ${root}/dev/${source} ro`,
      `21 1 ${imageSource} - ${FullInitrd.FileSystem} ${root}/dev/${host ? source : 'loop0'} ro\n`,
    ].join('\n'),
    'sys/module/dm_verity/parameters/require_signatures': 'Y\n',
    'sys/block/dm-0/dm/name': `${Verity.Name}\n`,
    'sys/block/dm-0/dev': '253:0\n',
    [`sys/fs/btrfs/uuid/devices/${verity ? 'dm-0' : 'vda1'}`]: '',
    'sys/class/block/vda1/dev': '253:0\n',
    'sys/class/block/vda1/size': `${treeAt(Verity.HashOffset) / 512 + 1024}\n`,
    'sys/class/block/vda1/uevent': 'DEVNAME=vda1\nPARTNAME=USR-A\n',
    'sys/class/block/vdb1/size': '64\n',
    'sys/class/block/vdc1/uevent': 'DEVNAME=vdc1\nPARTNAME=USR-FEC\n',
    'sys/devices/pci/modalias': 'pci:v00001AF4d00001001\n',
    [`${loop}/backing_file`]: `${root}/${image}\n`,
    [`${loop}/offset`]: '0\n',
    [`${loop}/sizelimit`]: '0\n',
    'sys/block/loop0/loop/backing_file': `${root}/${image}\n`,
    'sys/class/block/loop0/size': `${treeAt(Verity.HashOffset) / 512 + 1024}\n`,
    'sys/class/block/vde1/uevent': 'DEVNAME=vde1\nPARTN=1\nPARTNAME=ESP\n',
    'dev/vde1': 'x',
    'modules/order': 'required virtio_blk.ko a=1 b=2\noptional crc32c.ko\n',
    'modules/drivers': 'load_drivers_of() { case $1 in pci:*) load virtio_pci.ko ;; esac; }\n',
    [image]: imageMark(imageKindOf(config.settings)).padEnd(64),
    'full/etc/initrd-release': '',
    'dev/console': '',
    'dev/kmsg': '',
    'dev/vdc1': '',
    'sys/class/block/vdd1/uevent': 'DEVNAME=vdd1\nPARTN=4\nPARTNAME=SIG\n',
    'dev/vdd1': JSON.stringify({ rootHash, signature: 'QUJD' }).padEnd(16384, '\0'),
    calls: '',
  };
  rmSync(root, { recursive: true, force: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const init = join(root, 'full', FullInitrd.Init);
  mkdirSync(dirname(init), { recursive: true });
  copyFileSync(busybox, init);
  for (const directory of ['run', 'overlay', 'tmp', 'full/var']) mkdirSync(join(root, directory));
  const [fileSystem = 'erofs'] = verifiedFileSystems(config.settings);
  makeDisks(root, fileSystem, { ...Verity, HashDevice: hashPartition(config.settings) });
  copyFileSync(join(root, 'dev/vda1'), join(root, 'dev/loop0'));
}

const size = 64 * 4096;
const treeAt = (offset: number | 'auto') => (offset === 'auto' ? size : offset);

function makeDisks(
  root: string,
  fileSystem: FileSystem,
  { HashOffset, HashDevice }: { readonly HashOffset: number | 'auto'; readonly HashDevice?: unknown },
): void {
  const start = [0, fileSystemStart(fileSystem, size)] as const;
  const tree = hashTree(BigInt((HashDevice ? size : treeAt(HashOffset)) / 4096));
  const at = treeAt(HashOffset);
  writeParts(join(root, 'dev/vda1'), at + (512 << 10), HashDevice ? [start] : [start, [at, tree]]);
  writeParts(join(root, 'dev/vdb1'), 32 << 10, [[0, tree]]);
}

interface Started {
  readonly variables: Readonly<Record<string, string>>;
  readonly words: readonly string[];
}

/** All that a boot does that can be seen. */
interface Boot {
  readonly status: number | null;
  readonly calls: readonly string[];
  readonly log: string;
  readonly console: string;
  readonly handOver: string;
}

const read = (file: string) => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '(none)';
  }
};

/** Starts the script itself, as execve(2) of the kernel does. */
function boot(name: string, root: string, shell: readonly string[], { variables, words }: Started): Boot {
  makeMachine(root, name);
  writeFileSync(join(root, 'init'), scriptOf(name, root, shell), { mode: 0o755 });
  const { status, error } = spawnSync(join(root, 'init'), words, {
    cwd: '/',
    env: { ...variables },
    timeout: 20_000,
  });
  if (error) throw error;
  return {
    status,
    calls: read(join(root, 'calls')).split('\0'),
    log: read(join(root, 'dev/kmsg')),
    console: read(join(root, 'dev/console')),
    handOver: read(join(root, 'run/bootrelay/handover')),
  };
}

/** Every word of a text that can be the name of a variable: more than those that it has. */
const namesIn = (text: string) => [...new Set(text.match(/[A-Za-z_][A-Za-z0-9_]*/g) ?? [])];

/** What shells, the loader and the C library look at. */
const heeded = {
  PATH: '/nowhere',
  IFS: '/=:.',
  ENV: '/proc/self/environ',
  BASH_ENV: '/proc/self/environ',
  SHELLOPTS: 'xtrace:noglob',
  PS1: '$(echo ran)',
  PS2: '$(echo ran)',
  PS4: '$(echo ran)',
  CDPATH: '/',
  OPTIND: '9',
  LD_PRELOAD: '/nonexistent',
  LD_LIBRARY_PATH: '/nonexistent',
  LD_AUDIT: '/nonexistent',
  LC_ALL: 'xx',
  LANG: 'tr_TR.UTF-8',
  POSIXLY_CORRECT: '1',
  GREP_OPTIONS: '-v',
  TMPDIR: '/nowhere',
  HOME: '/nowhere',
  TERM: 'dumb',
  PWD: '/nowhere',
} as const;

const value = fc.oneof(
  fc.constantFrom('', '0', '999999999', '/dev/null', '$(reboot)', 'rw', '*', '-x', 'usr', "'", '`reboot`'),
  fc.stringMatching(/^[ -~]{0,12}$/),
);
const word = fc.oneof(
  fc.constantFrom('-u', '+u', '-x', '-e', '-n', '-c', '-s', '-i', '--', '-', 'rescue', '/bin/sh', 'a=b', '*'),
  fc.stringMatching(/^[ -~]{1,12}$/),
);

/** Hostile values for all the names, for those that are heeded anyway, and for some that nobody knows. */
function hostile(names: readonly string[]): fc.Arbitrary<Started> {
  const known = fc.record(Object.fromEntries(names.map((name) => [name, value])));
  const unknown = fc.dictionary(fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.-]{0,8}$/), value, { maxKeys: 20 });
  return fc
    .tuple(known, unknown, fc.subarray(Object.entries(heeded)), fc.array(word, { maxLength: 8 }))
    .map(([ours, others, some, words]) => ({
      variables: { ...others, ...ours, ...Object.fromEntries(some) },
      words,
    }));
}

const clean: Started = { variables: {}, words: [] };

describe.each(shells)('%s', (shellName, shell) => {
  const root = join(work, shellName);

  test.each(ofShell)('%s boots as with no variables and no arguments', (name) => {
    const sound = boot(name, root, shell, clean);
    const variables = sound.calls.filter((call) => call.includes('=')).map((call) => call.split('=')[0]);
    expect({ ...sound, variables }).toMatchObject({
      status: 0,
      log: expect.stringMatching(/bootrelay: switch-root\n/),
      variables: expect.arrayContaining(['HOME', 'TERM', 'PATH']),
    });
    expect(sound.calls).toContain('switch_root');
    const names = namesIn(initOf(name));
    expect(names).toEqual(expect.arrayContaining(['full_init', 'step', 'uptimes']));
    fc.assert(
      fc.property(hostile(names), (started) => {
        expect(boot(name, root, shell, started)).toEqual(sound);
      }),
      { numRuns: 8 },
    );
  });

  test('each variable that is heeded by somebody changes nothing by itself', () => {
    const name = 'unverified'; // which traces what it does
    const sound = boot(name, root, shell, clean);
    for (const [variable, text] of Object.entries(heeded))
      expect(boot(name, root, shell, { variables: { [variable]: text }, words: [] })).toEqual(sound);
  });

  test('options of a shell as arguments change nothing', () => {
    const sound = boot('qemu-x86_64', root, shell, clean);
    for (const words of [['-u'], ['-x', '-u'], ['--', '-u'], ['+u'], ['-c', 'exit 3'], ['-n']])
      expect(boot('qemu-x86_64', root, shell, { variables: {}, words })).toEqual(sound);
  });

  test.each(ofSystemd)('%s: systemd starts with two variables and no argument', (name) => {
    const [program = '', ...applet] = shell;
    const text = initOf(name).replace('#!/bin/sh\n', `#!${[whereIs(program), ...applet].join(' ')}\n`);
    const systemd = join(root, 'systemd');
    mkdirSync(root, { recursive: true });
    writeFileSync(systemd, `#!/bin/sh\nprintf '%s\\n' "$#" "$@"\n${env}\n`, { mode: 0o755 });
    const replaced = text
      .replace('/usr/bin/env', env)
      .replace(' /usr/lib/systemd/systemd\n', ` ${systemd}\n`);
    expect(replaced).toContain(systemd);
    writeFileSync(join(root, 'init'), replaced, { mode: 0o755 });
    fc.assert(
      fc.property(hostile(['LD_PRELOAD', 'SYSTEMD_LOG_LEVEL', 'SYSTEMD_UNIT_PATH', 'PATH']), (started) => {
        const { stdout } = spawnSync(join(root, 'init'), started.words, {
          cwd: '/',
          env: { ...started.variables },
          encoding: 'utf8',
        });
        // The shell that stands for systemd sets PWD, and some SHLVL and _.
        const lines = stdout
          .trimEnd()
          .split('\n')
          .filter((line) => !/^(PWD|OLDPWD|SHLVL|_)=/.test(line));
        expect(lines).toEqual(['0', 'HOME=/', 'TERM=linux']);
      }),
      { numRuns: 10 },
    );
  });
});
