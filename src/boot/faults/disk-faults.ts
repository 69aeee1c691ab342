/** Faults of disks and partitions: missing, late, taken away, there twice, of strange names. */
import { append, type Ending, type Fault, type FaultDisk, verified } from './fault.ts';

const soon = ['Devices.Timeout=2s'];
const noDevice: Ending = { step: 'find-usr-partition', reason: 'device-missing' };

/** A bus that a disk can be plugged into while the machine runs, and its drivers. */
const plugging = {
  bus: 'virtio-scsi',
  settings: ['Modules.Modules=virtio_scsi', 'Modules.Modules=sd_mod', 'Devices.Timeout=40s'],
} as const;

const pluggedAfter = (seconds: number): FaultDisk => ({ plugged: { step: 'find-usr-partition', seconds } });

export const diskFaults = {
  'partition-missing': {
    what: 'no partition has the label',
    settings: soon,
    disks: [{ label: 'USR-Z' }],
    expected: noDevice,
  },
  'disk-missing': { what: 'there is no disk', settings: soon, disks: [], expected: noDevice },
  'hash-partition-missing': {
    what: 'the hash tree shall be on a partition that is not there',
    settings: [...soon, 'Verity.HashDevice=PARTLABEL=USR-A-HASH'],
    commandLine: append(({ HashDevice }) => `${HashDevice}=PARTLABEL=USR-Z-HASH`),
    expected: noDevice,
  },
  'partition-label-prefix': {
    what: 'a label goes on behind the one that is searched for, and no other is there',
    settings: soon,
    disks: [{ label: 'USR-AB' }],
    expected: noDevice,
  },
  'partition-label-longer-beside': {
    what: 'a second disk has a label that goes on behind the one that is searched for',
    disks: [{ label: 'USR-AB' }, {}],
    expected: verified,
  },
  'partition-label-pattern': {
    what: 'the label that is searched for would match if it were a pattern, or run if it were a command',
    settings: soon,
    commandLine: append(({ UsrDevice }) => `${UsrDevice}="PARTLABEL=USR-[A] $(reboot -f) *"`),
    expected: noDevice,
  },
  'partition-label-strange': {
    what: 'the label has spaces, quotes, a pattern and what would be a command, and another disk has one that the pattern matches',
    settings: [`Usr.Device=PARTLABEL=a 'b' "c" $(reboot -f) \`d\` *`],
    disks: [{ label: `a 'b' "c" $(reboot -f) \`d\` *` }, { label: `a 'b' "c" $(reboot -f) \`d\` e` }],
    expected: verified,
  },
  'partition-twice': {
    what: 'two disks carry the same label',
    disks: [{}, {}],
    expected: { step: 'find-usr-partition', reason: 'device-ambiguous' },
  },
  'partition-late': {
    what: 'the disk appears 2 s after stage 1 begins to look for it',
    ...plugging,
    disks: [pluggedAfter(2)],
    expected: verified,
  },
  'partition-very-late': {
    what: 'the disk appears 20 s after stage 1 begins to look for it',
    ...plugging,
    disks: [pluggedAfter(20)],
    expected: verified,
  },
  'partition-too-late': {
    what: 'the disk appears once the time limit is over',
    ...plugging,
    settings: [...plugging.settings, ...soon, 'Emergency.Delay=5s'],
    disks: [pluggedAfter(4)],
    expected: noDevice,
  },
  'partition-twice-late': {
    what: 'a second disk with the same label appears when the first one is in use',
    ...plugging,
    disks: [{}, { plugged: { step: 'set-up-verity', seconds: 0 } }],
    expected: verified,
  },
  'partition-taken-away': {
    what: 'the disk is taken away while stage 1 is at work with it',
    ...plugging,
    settings: [...plugging.settings, ...soon],
    disks: [{ unplugged: { step: 'find-usr-partition', seconds: 0 } }],
    // The reason depends on which read is the first one after the disk was taken away.
    expected: {
      reasons: [
        'device-missing',
        'device-unreadable',
        'verity-device-refused',
        'usr-unmountable',
        'image-missing',
        'image-unmountable',
        'init-missing',
        'release-missing',
      ],
    },
  },
  'device-name-unknown': {
    what: 'the kernel command line names the partition in a way that nobody knows',
    commandLine: append(({ UsrDevice }) => `${UsrDevice}=NUMBER=1`),
    expected: { step: 'find-usr-partition', reason: 'device-name-unsupported' },
  },
  'partition-unreadable': {
    what: 'the disk cannot read where the file system of /usr begins',
    disks: [{ unreadable: { in: 'usr', offset: 1024 } }],
    expected: { step: 'set-up-verity', reason: 'device-unreadable' },
  },
} satisfies Record<string, Fault>;
