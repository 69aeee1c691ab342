/** Faults with disks of an attacker, which only the lab has. Each is injected under User Mode Linux. */
import { append, type Ending, type Fault, type FaultDisk, verified } from '../../src/boot/faults/fault.ts';
import { openLab } from '../lab/lab.ts';

const { usr, code } = openLab().attacker;

/** /dev/ubda is the sound disk, /dev/ubdb and /dev/ubdc an unverified /usr, /dev/ubdd a shared object. */
export const attackerDisks: readonly FaultDisk[] = [
  {},
  ...[usr[0], usr[1], code].map((file): FaultDisk => ({ file })),
];

const refused = { step: 'read-kernel-command-line', reason: 'usr-options-refused' } as unknown as Ending;

export const attacks: Readonly<Record<string, Fault>> = {
  'usr-of-other-devices': {
    what: 'mount options of the kernel command line name devices with the UUID of /usr and a higher generation (btrfs)',
    settings: ['Usr.FileSystem=btrfs', 'Verity.RootHash=command-line'],
    commandLine: append(({ UsrOptions }) => `${UsrOptions}=device=/dev/ubdb,device=/dev/ubdc`),
    disks: attackerDisks,
    expected: refused,
  },
  'usr-of-other-place': {
    what: 'mount options of the kernel command line lead to another place of the verified device',
    commandLine: append(({ UsrOptions }) => `${UsrOptions}=loop,offset=4096`),
    expected: refused,
  },
  'environment-preload': {
    what: 'the kernel command line names a disk as a library for every program',
    commandLine: append(() => 'LD_PRELOAD=/dev/ubdd'),
    disks: attackerDisks,
    expected: verified,
  },
  'environment-audit': {
    what: 'the kernel command line names a disk as what audits the loading of libraries',
    commandLine: append(() => 'LD_AUDIT=/dev/ubdd'),
    disks: attackerDisks,
    expected: verified,
  },
  'environment-deadline': {
    what: 'the kernel command line has words that are variables of a script, and no partition has the label',
    settings: ['Devices.Timeout=2s'],
    commandLine: append(() => 'deadline=999999999 device_timeout=999999999 now=0'),
    disks: [{ label: 'USR-Z' }],
    expected: { step: 'find-usr-partition', reason: 'device-missing' },
  },
};
