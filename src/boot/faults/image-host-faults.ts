/** Faults of an image that is on a partition: those of /usr's verity, and those of the file system that it is on. */
import { append, damaged, type Ending, type Fault, type FaultDisk, verified } from './fault.ts';
import type { Place } from './places.ts';
import { verityFaults } from './verity-faults.ts';

const hostSetting = 'FullInitrd.Host=partition';

/** The partition of the image has the label that the disk's first one has; its file system is one that nothing verifies. */
const onPartition = (fileSystem: string) => [
  'Verity.Name=image',
  hostSetting,
  'FullInitrd.HostDevice=PARTLABEL=USR-A',
  `FullInitrd.HostFileSystem=${fileSystem}`,
  'FullInitrd.Image=/initrd.img',
  'KernelCommandLine.RootHash=bootrelay.roothash',
];

/** True for a fault of an image that is not in /usr. */
export function isOnPartition({ settings = [] }: Fault): boolean {
  return settings.includes(hostSetting);
}

/** What only a /usr has: partitions beside it, a list of file systems, files that are read later. */
const ofUsrAlone = /Usr\.|HashDevice|FecDevice/;

/** The same fault of the image; undefined where it is none of an image. */
function onImage(fault: Fault): Fault | undefined {
  const { settings = [], disks, what, expected } = fault;
  if (ofUsrAlone.test(settings.join())) return undefined;
  return {
    ...fault,
    what: `image on a partition: ${what.replace(/(another|the) \/usr|\/usr/g, 'the image')}`,
    settings: [...onPartition('ext4'), ...settings],
    expected: endingOf(expected),
    ...(disks && { disks: disks.map(diskOf) }),
  };
}

function diskOf(disk: FaultDisk): FaultDisk {
  const { damage, unreadable } = disk;
  return {
    ...disk,
    ...(damage && { damage: { ...damage, place: placeOf(damage.place) } }),
    ...(unreadable && { unreadable: placeOf(unreadable) }),
  };
}

function placeOf(place: Place): Place {
  return place.in === 'usr' ? { in: 'image', offset: place.offset } : place;
}

function endingOf(expected: Ending): Ending {
  if (!('step' in expected)) return expected;
  if (expected.reason === 'usr-unmountable')
    return { step: 'mount-full-initrd', reason: 'image-unmountable' };
  return expected.reason === 'usr-file-system-missing'
    ? { ...expected, reason: 'image-unmountable' }
    : expected;
}

const verityOfImage: Readonly<Record<string, Fault>> = Object.fromEntries(
  Object.entries<Fault>(verityFaults).flatMap(([name, fault]) => {
    const own = onImage(fault);
    return own ? [[`image-${name.replace(/^usr-/, 'data-')}`, own] as const] : [];
  }),
);

const soon = 'Devices.Timeout=2s';
const missing: Ending = { step: 'open-image', reason: 'image-missing' };
const unreadable: Ending = { step: 'open-image', reason: 'image-unreadable' };
const unmountable: Ending = { step: 'open-image', reason: 'image-host-unmountable' };

const hostFaults = {
  'image-partition-missing': {
    what: 'image on a partition: no partition has the label',
    settings: [...onPartition('ext4'), soon],
    disks: [{ label: 'USR-Z' }],
    expected: { step: 'find-image-partition', reason: 'device-missing' },
  },
  'image-partition-twice': {
    what: 'image on a partition: two disks carry the same label',
    settings: onPartition('ext4'),
    disks: [{}, {}],
    expected: { step: 'find-image-partition', reason: 'device-ambiguous' },
  },
  'image-host-magic': {
    what: 'image on a partition: its file system does not begin as one (ext4)',
    settings: onPartition('ext4'),
    disks: damaged({ in: 'usr', offset: 1080 }, Uint8Array.of(0, 0)),
    expected: unmountable,
  },
  'image-host-log': {
    what: 'image on a partition: the log of its file system must be replayed, which stage 1 does not do (ext4)',
    settings: onPartition('ext4'),
    image: { log: true },
    expected: verified,
  },
  'image-absent-on-host': {
    what: 'image on a partition: the file is not there',
    settings: onPartition('ext4'),
    image: { absent: true },
    expected: missing,
  },
  'image-link-on-host': {
    what: 'image on a partition: a link leads to it',
    settings: onPartition('ext4'),
    image: { link: true },
    expected: unreadable,
  },
  'image-link-in-memory': {
    what: 'image on a partition, to be copied into memory: a link leads to it',
    settings: [...onPartition('ext4'), 'FullInitrd.HostCopy=yes'],
    image: { link: true },
    expected: unreadable,
  },
  'image-cut-off-on-host': {
    what: 'image on a partition: the file is cut off in its file system',
    settings: onPartition('ext4'),
    image: { change: (image) => image.subarray(0, 65_536) },
    expected: { step: 'set-up-verity', reason: 'image-unmountable' },
  },
  'image-tree-cut-off-on-host': {
    what: 'image on a partition: the file is cut off behind its file system',
    settings: onPartition('ext4'),
    image: { change: (image) => image.subarray(0, image.indexOf('verity\0\0') + 4096) },
    expected: { step: 'set-up-verity', reason: 'verity-superblock-invalid' },
  },
  'image-empty-on-host': {
    what: 'image on a partition: the file is empty',
    settings: onPartition('ext4'),
    image: { change: () => Buffer.alloc(0) },
    expected: { step: 'set-up-verity', reason: 'device-unreadable' },
  },
  'image-replaced-on-host': {
    what: 'image on a partition: it was replaced, with a hash tree of its own, and the minimal initrd was not built again',
    settings: [...onPartition('ext4'), `Verity.RootHash=${'ab'.repeat(32)}`],
    expected: { step: 'set-up-verity', reason: 'verity-root-hash-mismatch' },
  },
  'image-in-memory-corrupted': {
    what: 'image on a partition, copied into memory: a byte of it is another one',
    settings: [...onPartition('ext4'), 'FullInitrd.HostCopy=yes'],
    disks: damaged({ in: 'image', offset: 0 }, Uint8Array.of(1)),
    expected: { kernel: 'kernel panic: dm-verity device corrupted' },
  },
  'image-in-memory': {
    what: 'image on a partition, copied into memory: nothing is wrong',
    settings: [...onPartition('ext4'), 'FullInitrd.HostCopy=yes'],
    expected: verified,
  },
  'image-raw-corrupted': {
    what: 'the partition itself is the image: a byte of it is another one',
    settings: onPartition('none'),
    disks: damaged({ in: 'usr', offset: 0 }, Uint8Array.of(1)),
    expected: { kernel: 'kernel panic: dm-verity device corrupted' },
  },
  'image-raw': {
    what: 'the partition itself is the image, and nothing is wrong',
    settings: onPartition('none'),
    expected: verified,
  },
  'image-root-hash-of-other': {
    what: 'image on a partition: the kernel command line has the root hash of another image',
    settings: [...onPartition('ext4'), 'Verity.RootHash=command-line'],
    commandLine: append(({ RootHash }) => `${RootHash}=${'cd'.repeat(32)}`),
    expected: { step: 'set-up-verity', reason: 'verity-root-hash-mismatch' },
  },
} satisfies Record<string, Fault>;

export const imageHostFaults: Readonly<Record<string, Fault>> = { ...verityOfImage, ...hostFaults };
