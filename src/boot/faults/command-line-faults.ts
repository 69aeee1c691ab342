/** A hostile kernel command line: it may make the boot fail, but it must never make a /usr boot that is not verified. */
import { append, type Fault, type FaultDisk, verified } from './fault.ts';

const other = 'PARTLABEL=ROOT';

/** The disk with the platform's /usr, of which one byte is another. */
const fake: FaultDisk = {
  label: 'USR-FAKE',
  damage: { place: { in: 'usr', offset: 0 }, bytes: Uint8Array.of(1) },
};

export const commandLineFaults = {
  'other-file-system': {
    what: 'the kernel command line names another file system of /usr',
    commandLine: append(({ UsrFileSystem }) => `${UsrFileSystem}=xfs`),
    expected: { step: 'read-kernel-command-line', reason: 'file-system-unsupported' },
  },
  'other-file-system-of-list': {
    what: 'the kernel command line names a file system of the list that is not the one of /usr',
    settings: ['Usr.FileSystem=erofs btrfs'],
    commandLine: append(({ UsrFileSystem }) => `${UsrFileSystem}=btrfs`),
    expected: { step: 'find-file-system', reason: 'usr-file-system-missing' },
  },
  'file-system-of-list': {
    what: 'the kernel command line names two file systems of the list, at last the one of /usr',
    settings: ['Usr.FileSystem=erofs btrfs'],
    commandLine: append(({ UsrFileSystem }) => `${UsrFileSystem}=btrfs ${UsrFileSystem}=erofs`),
    expected: verified,
  },
  'other-partition': {
    what: 'the kernel command line names a partition that is not that of /usr',
    commandLine: append(({ UsrDevice }) => `${UsrDevice}=${other}`),
    expected: { step: 'set-up-verity', reason: 'usr-file-system-missing' },
  },
  'other-usr': {
    what: 'the kernel command line names a /usr with another image, of the same root hash and not verified by it',
    commandLine: append(({ UsrDevice }) => `${UsrDevice}=PARTLABEL=USR-FAKE`),
    disks: [fake],
    expected: { kernel: 'kernel panic: dm-verity device corrupted' },
  },
  'other-usr-ignored': {
    what: 'the kernel command line names another /usr, and the platform does not listen',
    settings: ['KernelCommandLine.Override=no'],
    commandLine: append(
      ({ UsrDevice }) => `${UsrDevice}=PARTLABEL=USR-FAKE mount.usr=${other} usr=$(reboot)`,
    ),
    disks: [fake, {}],
    expected: verified,
  },
  'parameters-twice': {
    what: 'parameters are there twice and contradict each other; the last one wins',
    settings: ['Verity.RootHash=command-line'],
    commandLine: (sound, { RootHash, UsrDevice }, rootHash) =>
      `${RootHash}=${'cd'.repeat(32)} ${UsrDevice}=${other} ${sound} ${RootHash}=${'ab'.repeat(32)} ${RootHash}=${rootHash} ${UsrDevice}=PARTLABEL=USR-B`,
    disks: [{ label: 'USR-B' }],
    expected: verified,
  },
  'parameters-quoted': {
    what: 'parameters are quoted as the kernel takes them, and one quote has no end',
    commandLine: (sound, { UsrDevice }) =>
      `"${UsrDevice}=PARTLABEL=USR-B" ${sound} dummy="a * $(reboot -f) b c`,
    disks: [{ label: 'USR-B' }],
    expected: verified,
  },
  'parameter-of-two-names': {
    what: 'the partition is named by both names of the parameter, and only the one that counts names that of /usr',
    settings: ['KernelCommandLine.UsrDevice=mount.usr usr'],
    commandLine: (sound) => `usr=${other} mount.usr=PARTLABEL=USR-B ${sound} usr=/dev/no-such-device`,
    disks: [{ label: 'USR-B' }],
    expected: verified,
  },
  'parameter-by-later-name': {
    what: 'the partition is named by the name that counts where the first one is not given',
    settings: [
      'KernelCommandLine.UsrDevice=mount.usr usr',
      'KernelCommandLine.RootHash=verity.usrhash usrhash',
    ],
    commandLine: (sound, { RootHash }, rootHash) =>
      `${sound.replace(`${RootHash}=`, 'unused=')} usr=PARTLABEL=USR-B usrhash=${rootHash}`,
    disks: [{ label: 'USR-B' }],
    expected: verified,
  },
  'time-limit-given': {
    what: 'the partition is missing, and the kernel command line sets the time limit to one second',
    settings: ['Devices.Timeout=5min', 'KernelCommandLine.Timeout=rd.timeout'],
    commandLine: append(({ UsrDevice }) => `${UsrDevice}=PARTLABEL=USR-C rd.timeout=1`),
    expected: { step: 'find-usr-partition', reason: 'device-missing' },
  },
  'device-by-link': {
    what: "the kernel command line names the partition by udev's link, with an escape in it",
    commandLine: append(({ UsrDevice }) => `${UsrDevice}=/dev/disk/by-partlabel/USR\\x20B`),
    disks: [{ label: 'USR B' }],
    expected: verified,
  },
  'device-by-id': {
    what: "the kernel command line names the partition by a link of udev that is made from the disk's serial number",
    commandLine: append(({ UsrDevice }) => `${UsrDevice}=/dev/disk/by-id/virtio-usr-part1`),
    expected: { step: 'find-usr-partition', reason: 'device-name-unsupported' },
  },
  'parameters-newline': {
    what: 'a quoted value has a line break and behind it what would be another root hash',
    settings: ['Verity.RootHash=command-line'],
    commandLine: append(({ RootHash }) => `note="x\n${RootHash}=${'ab'.repeat(32)}\ny"`),
    expected: verified,
  },
  'parameters-meta': {
    what: 'the partition is named with characters that mean something to a shell',
    settings: ['Devices.Timeout=1s'],
    commandLine: append(
      ({ UsrDevice }) => `${UsrDevice}=PARTLABEL=*;reboot\${IFS}-f;\`reboot\`$(reboot)|&<>\\`,
    ),
    expected: { step: 'find-usr-partition', reason: 'device-missing' },
  },
  'command-line-long': {
    what: 'the kernel command line goes on for 4 KB: the kernel cuts it off at 2 KB',
    firmware: 'uefi',
    commandLine: append(() => `${'x'.repeat(4000)}=1 mount.usr=${other}`),
    expected: verified,
  },
  'command-line-cut-off': {
    what: 'the root hash is behind 4 KB of other parameters, where the kernel cuts off',
    firmware: 'uefi',
    settings: ['Verity.RootHash=command-line'],
    commandLine: (sound, { RootHash }, rootHash) =>
      [
        ...sound.split(' ').filter((word) => !word.startsWith(`${RootHash}=`)),
        `dummy=${'x'.repeat(4000)}`,
        `${RootHash}=${rootHash}`,
      ].join(' '),
    expected: { step: 'read-kernel-command-line', reason: 'root-hash-missing' },
  },
  'command-line-unprintable': {
    what: 'the kernel command line has control characters, escape sequences and other bytes than ASCII',
    settings: ['Devices.Timeout=1s'],
    commandLine: append(
      ({ UsrDevice }) => `\u0001\u001b[2J\u007f=ü ${UsrDevice}=PARTLABEL=\u0002\u001b]0;x\u0007ü\u00a0`,
    ),
    expected: { step: 'find-usr-partition', reason: 'device-missing' },
  },
} satisfies Record<string, Fault>;
