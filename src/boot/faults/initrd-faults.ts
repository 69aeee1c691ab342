/** Faults of the minimal initrd, the kernel's environment and the full initrd's image. */
import { append, damaged, type Ending, type Fault, verified } from './fault.ts';

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

/** As it would be for another release: the kernel compares this text with its own. */
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
    files: { '/usr/bin/dm-create': '', '/usr/lib/systemd/systemd-veritysetup': '' },
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

const fullInitrdFaults = {
  'image-missing': {
    what: 'the image of the full initrd is not in /usr',
    settings: ['FullInitrd.Image=/usr/lib/bootrelay/none.img'],
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
    expected: { reasons: ['image-unmountable', 'init-missing', 'release-missing'] },
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
    what: 'the full initrd does not have the init that is asked for',
    settings: ['FullInitrd.Init=/no/init'],
    expected: { step: 'mount-full-initrd', reason: 'init-missing' },
  },
  'image-without-init': {
    what: 'the full initrd has no /init',
    image: { without: ['init'] },
    expected: { step: 'mount-full-initrd', reason: 'init-missing' },
  },
  'image-without-release': {
    what: 'the full initrd has no /etc/initrd-release',
    image: { without: ['etc/initrd-release'] },
    expected: { step: 'mount-full-initrd', reason: 'release-missing' },
  },
  'init-exits': {
    what: 'the init of the full initrd ends at once',
    settings: ['FullInitrd.Init=/usr/bin/true'],
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
