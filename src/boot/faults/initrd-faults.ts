/** Faults of the minimal initrd, the kernel's environment and the full initrd's image. */
import type { TreeEntry } from '../../initrd/tree-entry.ts';
import { append, damaged, type Ending, type Fault, type ImageFault, verified } from './fault.ts';

const moduleRefused: Ending = { step: 'load-modules', reason: 'module-refused' };
const signedModules = 'a kernel that looks at the signatures of modules';
const dmVerity = '/modules/dm-verity.ko';

/** What the kernel looks for at the end of a module: a signature is in front of it. */
const signatureMark = Buffer.from('~Module signature appended~\n');

/** A module without its signature (scripts/sign-file.c: the length is in the last 4 of the 12 bytes before the mark). */
function withoutSignature(module: Buffer): Buffer {
  const end = module.length - signatureMark.length;
  if (!module.subarray(end).equals(signatureMark)) return module;
  return module.subarray(0, end - 12 - module.readUInt32BE(end - 4));
}

/** A module as it would be for another release of the kernel, which compares the text vermagic with its own. */
function forOtherKernel(module: Buffer): Buffer {
  const changed = Buffer.from(withoutSignature(module));
  const place = changed.indexOf('vermagic=');
  changed.write('9', place + 'vermagic='.length, 'latin1');
  // With CONFIG_MODVERSIONS the kernel looks at what is behind the version alone.
  const rest = changed.indexOf('SMP', place);
  if (rest >= 0) changed.write('XMP', rest, 'latin1');
  return changed;
}

function withOtherByte(module: Buffer): Buffer {
  const changed = Buffer.from(module);
  const place = changed.indexOf('description=');
  changed.write('D', place, 'latin1');
  return changed;
}

/** As a squashfs and an erofs begin (both magic numbers overwritten). */
function withoutMagic(image: Buffer): Buffer {
  const changed = Buffer.from(image);
  changed.fill(0, 0, 4);
  changed.fill(0, 1024, 1028);
  return changed;
}

const minimalInitrdFaults = {
  'module-list-missing': {
    what: 'the list of modules is not in the minimal initrd',
    files: { '/modules/order': { link: '/no/such/list' } },
    expected: moduleRefused,
  },
  'module-damaged': {
    what: 'the module dm-verity is none',
    files: { [dmVerity]: 'not a module\n' },
    expected: moduleRefused,
  },
  'module-missing': {
    what: 'a module is not in the minimal initrd',
    files: { '/modules/order': 'required no-such-module.ko\n' },
    expected: moduleRefused,
  },
  'module-of-other-kernel': {
    what: 'the module dm-verity is that of another kernel version, without a signature',
    files: { [dmVerity]: forOtherKernel },
    expected: moduleRefused,
  },
  'module-signature': {
    what: 'a byte of the module dm-verity is another one than when it was signed',
    files: { [dmVerity]: withOtherByte },
    needsPc: signedModules,
    expected: moduleRefused,
  },
  'module-unsigned': {
    what: 'the module dm-verity has no signature, and the kernel requires one',
    files: { [dmVerity]: withoutSignature },
    commandLine: append(() => 'module.sig_enforce=1'),
    needsPc: signedModules,
    expected: moduleRefused,
  },
  'program-missing': {
    what: 'a program of the minimal initrd cannot be started: the one that sets verity up',
    files: { '/usr/bin/dm-create': '', '/usr/sbin/dmsetup': '', '/usr/lib/systemd/systemd-veritysetup': '' },
    expected: { step: 'set-up-verity', reason: 'program-missing' },
  },
  'console-absent': {
    what: 'there is no console, and the root hash is wrong',
    settings: ['Verity.RootHash=command-line'],
    commandLine: (sound, { RootHash }) => `${withoutConsole(sound)} ${RootHash}=${'ab'.repeat(32)}`,
    needsPc: 'a serial port beside the console',
    expected: { step: 'set-up-verity', reason: 'verity-root-hash-mismatch' },
  },
  'console-absent-sound': {
    what: 'there is no console, and nothing else is wrong',
    commandLine: withoutConsole,
    needsPc: 'a serial port beside the console',
    expected: verified,
  },
} satisfies Record<string, Fault>;

/** The kernel's first output stays, so that we see something; no device is behind /dev/console. */
function withoutConsole(sound: string): string {
  return sound.replace(/console=\S+/, 'earlycon=uart8250,io,0x3f8,115200 keep_bootcon console=none0');
}

const noInit: Ending = { step: 'check-full-initrd', reason: 'init-missing' };
const unfit: Ending = { step: 'mount-full-initrd', reason: 'image-unfit' };

type ChangeTree = NonNullable<ImageFault['tree']>;

/** Makes another entry of one, by its path. */
function change(path: string, other: (entry: TreeEntry) => TreeEntry | undefined): ChangeTree {
  return (tree) => tree.flatMap((entry) => (entry.path === path ? (other(entry) ?? []) : entry));
}

const leaveOut = (path: string) => change(path, () => undefined);
const setMode = (path: string, mode: number) => change(path, (entry) => ({ ...entry, mode }));
const putLink = (path: string, target: string) =>
  change(path, ({ uid, gid }) => ({
    ...{ path, mode: 0o777, uid, gid },
    ...{ type: 'symlink', target: Buffer.from(target) },
  }));
const putDirectory = (path: string) =>
  change(path, ({ uid, gid }) => ({ path, mode: 0o755, uid, gid, type: 'directory' }));

/** Moves a file and leaves a link to it where it was. */
const moveBehindLink =
  (from: string, to: string, target: string): ChangeTree =>
  (tree) => {
    const moved = tree.flatMap((entry) => (entry.path === from ? [{ ...entry, path: to }] : []));
    return [...putLink(from, target)(tree), ...moved];
  };

/** Replaces the last line of the image, its mark, by another one of the same length. */
const sayOfImage = (words: string) => (image: Buffer) =>
  Buffer.concat([image.subarray(0, -64), Buffer.from(`${words.padEnd(63)}\n`)]);

const fullInitrdFaults = {
  'image-missing': {
    what: 'the image of the full initrd is not in /usr',
    image: { absent: true },
    expected: { step: 'mount-full-initrd', reason: 'image-missing' },
  },
  'image-empty': {
    what: 'the image of the full initrd is empty',
    image: { change: () => Buffer.alloc(0) },
    expected: { step: 'mount-full-initrd', reason: 'image-unmountable' },
  },
  'image-truncated': {
    what: 'the image of the full initrd is cut off behind its first block',
    image: { change: (image) => image.subarray(0, 4096) },
    // The first that is needed of what is behind it.
    expected: { reasons: ['image-unmountable', 'hand-over-failed', 'init-missing', 'release-missing'] },
  },
  'image-of-other-file-system': {
    what: 'the image of the full initrd does not begin as its file system does',
    image: { change: withoutMagic },
    expected: { step: 'mount-full-initrd', reason: 'image-unmountable' },
  },
  'image-block': {
    what: 'the first block of the image of the full initrd is damaged on the disk',
    settings: ['Usr.FileSystem=btrfs'],
    disks: damaged({ in: 'image' }, new Uint8Array(4096).fill(0xff)),
    expected: { kernel: 'kernel panic: dm-verity device corrupted' },
  },
  'init-missing': {
    what: 'the full initrd does not have the init that the platform names',
    settings: ['FullInitrd.Init=/no/init'],
    expected: noInit,
  },
  'image-without-init': {
    what: 'the full initrd has no /init',
    image: { tree: leaveOut('init') },
    expected: noInit,
  },
  'image-without-release': {
    what: 'the full initrd has no /etc/initrd-release',
    image: { tree: leaveOut('etc/initrd-release') },
    expected: { step: 'check-full-initrd', reason: 'release-missing' },
  },
  'init-dangling': {
    what: '/init of the full initrd is a link that leads nowhere',
    image: { tree: putLink('init', '/lib/systemd/systemd') },
    expected: noInit,
  },
  'init-link-loop': {
    what: '/init of the full initrd is a link to itself',
    image: { tree: putLink('init', 'init') },
    expected: noInit,
  },
  'init-link-leads-out': {
    what: '/init of the full initrd is a link to a file that only the minimal initrd has',
    image: { tree: putLink('init', '/usr/bin/insmod') },
    expected: noInit,
  },
  'init-directory': {
    what: '/init of the full initrd is a directory',
    image: { tree: putDirectory('init') },
    expected: noInit,
  },
  'init-not-executable': {
    what: '/init of the full initrd is not executable',
    image: { tree: setMode('init', 0o644) },
    expected: noInit,
  },
  'init-no-program': {
    what: 'the init of the full initrd is an executable text',
    settings: ['FullInitrd.Init=/etc/os-release'],
    image: { tree: setMode('etc/os-release', 0o755) },
    expected: noInit,
  },
  'init-interpreter-missing': {
    what: '/init of the full initrd is a script, and its interpreter is not there',
    image: { tree: leaveOut('bin/sh') },
    expected: noInit,
  },
  'init-loader-missing': {
    what: 'the init of the full initrd is a program whose loader is not there',
    settings: ['FullInitrd.Init=/usr/sbin/dmsetup'],
    image: {
      tree: (tree) =>
        tree.filter(({ path, type }) => type === 'directory' || !/(^|\/)ld-linux[^/]*$/.test(path)),
    },
    expected: noInit,
  },
  'init-behind-link': {
    what: '/init of the full initrd is an absolute link to a file that only the full initrd has',
    image: { tree: moveBehindLink('init', 'etc/init', '/../etc/./init') },
    expected: verified,
  },
  'image-of-thin-kind': {
    what: 'the image was packed for a stage 1 that shows files of /usr in it',
    image: { change: sayOfImage('bootrelay-image 1 overlay') },
    expected: unfit,
  },
  'image-of-later-format': {
    what: 'the image was packed in a format that this stage 1 does not know',
    image: { change: sayOfImage('bootrelay-image 2 whole') },
    expected: unfit,
  },
  'image-whole-below-thin': {
    what: 'the image is whole, and stage 1 expects a thin one',
    settings: ['FullInitrd.Source=thin', 'FullInitrd.Thin=links'],
    expected: unfit,
  },
  'image-unmarked': {
    what: 'the image does not say for which stage 1 it was packed, as those of others',
    image: { change: sayOfImage('') },
    expected: verified,
  },
  'init-exits': {
    what: 'the init of the full initrd ends at once',
    settings: ['FullInitrd.Init=/usr/bin/true'],
    expected: { kernel: 'kernel panic: Attempted to kill init! exitcode=0x00000000' },
  },
  'init-exits-without-panic-parameter': {
    what: 'the same, and the kernel command line does not say that the machine shall restart behind a panic',
    settings: ['FullInitrd.Init=/usr/bin/true', 'Emergency.PanicTimeout=1s'],
    commandLine: (sound) => sound.replace(/(^| )panic=\S+/, ''),
    expected: { kernel: 'kernel panic: Attempted to kill init! exitcode=0x00000000' },
  },
  'init-exits-panic-0': {
    what: 'the same, and the kernel command line says that it shall stand still',
    settings: ['FullInitrd.Init=/usr/bin/true', 'Emergency.PanicTimeout=1s'],
    commandLine: append(() => 'panic=0'),
    expected: { kernel: 'kernel panic: Attempted to kill init! exitcode=0x00000000' },
  },
  'overlay-full': {
    what: 'the full initrd has no room for what is carried over into it',
    settings: ['FullInitrd.TmpfsSize=4096'],
    files: { '/.extra/large': 'x'.repeat(100_000) },
    expected: { step: 'carry-over', reason: 'carry-over-failed' },
  },
  'memory-too-small': {
    what: 'the machine has so little memory that the kernel cannot unpack the initrd',
    memory: 72,
    expected: { kernel: 'kernel panic: ' },
  },
} satisfies Record<string, Fault>;

export const initrdFaults = { ...minimalInitrdFaults, ...fullInitrdFaults };
