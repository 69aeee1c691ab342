/** Faults with disks of an attacker, which only the lab has. Each is injected under User Mode Linux. */
import { append, type Ending, type Fault, type FaultDisk, verified } from '../../src/boot/faults/fault.ts';
import { openLab } from '../lab/lab.ts';

const { usr, code } = openLab().attacker;

/** /dev/ubda is the sound disk, /dev/ubdb and /dev/ubdc an unverified /usr, /dev/ubdd a shared object. */
export const attackerDisks: readonly FaultDisk[] = [
  {},
  ...[usr[0], usr[1], code].map((file): FaultDisk => ({ file })),
];

const refused: Ending = { step: 'read-kernel-command-line', reason: 'usr-options-refused' };

export const attacks: Readonly<Record<string, Fault>> = {
  'usr-of-other-devices': {
    what: 'mount options of the kernel command line name devices with the UUID of /usr and a higher generation (btrfs)',
    settings: ['Usr.FileSystem=btrfs', 'Verity.RootHash=command-line'],
    commandLine: append(({ UsrOptions }) => `${UsrOptions}=device=/dev/ubdb,device=/dev/ubdc`),
    disks: attackerDisks,
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
  'environment-preload-of-services': {
    what: 'the kernel command line names a disk as a library for every service of systemd',
    commandLine: append(() => 'systemd.setenv=LD_PRELOAD=/dev/ubdd systemd.setenv=LD_AUDIT=/dev/ubdd'),
    disks: attackerDisks,
    expected: verified,
  },
};
