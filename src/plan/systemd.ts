/** What the systemd form of stage 1 takes from the sysroot besides the programs of its steps. */
import type { FileNeed, ProgramNeed } from './need.ts';

const systemd = '/usr/lib/systemd/systemd';

/** Features of systemd that stage 1 does not use, by the names that its programs give them, and why. */
const unused = {
  acl: 'nobody is logged in who would get access to a device',
  cryptsetup:
    'no unit has an image of its own (RootImage=, ExtensionImages=); systemd-veritysetup requires it for itself',
  kmod: 'stage 1 loads its modules with insmod, in an order of its own',
  lz4: 'the journal of stage 1 is in memory, and compresses nothing',
  lzma: 'the same',
  zstd: 'the same',
  libcrypto: 'no unit has encrypted credentials',
  pam: 'no unit has PAMName=',
  tpm: 'nothing is measured, and nothing unsealed',
} as const;

const without = Object.keys(unused);

/** PID 1, what starts its units since systemd 255, and the journal. */
export const systemdPrograms: readonly ProgramNeed[] = [
  { program: systemd, without },
  { program: '/usr/lib/systemd/systemd-executor', calledBy: systemd, without },
  { program: '/usr/lib/systemd/systemd-journald', without },
];

/** What steps ask PID 1 with. */
export const systemctl: ProgramNeed = { program: '/usr/bin/systemctl', without };

/** udev, for the verity device; its rules call dmsetup to say that they are through. */
export const udevPrograms: readonly ProgramNeed[] = [
  { program: '/usr/lib/systemd/systemd-udevd', without },
  { program: '/usr/sbin/dmsetup' },
];

function from(debianPackage: string, ...anyOf: readonly string[]): FileNeed {
  return { anyOf, hint: `Debian's package ${debianPackage} has it` };
}

const units = '/usr/lib/systemd/system';
const rules = '/usr/lib/udev/rules.d';

/** The unit of udev. */
export const udevUnit = 'systemd-udevd.service';

/** Units of the journal as systemd ships them. */
export const systemdFiles: readonly FileNeed[] = [
  from('systemd', `${units}/systemd-journald.service`),
  from('systemd', `${units}/systemd-journald.socket`),
  from('systemd', `${units}/systemd-journald-dev-log.socket`),
];

/**
 * Units of udev as systemd ships them, and the few rules that a device-mapper device needs to become a .device unit:
 * udev reads no other device here. Distributions number the rules differently.
 */
export const udevFiles: readonly FileNeed[] = [
  from('udev', `${units}/${udevUnit}`),
  from('udev', `${units}/systemd-udevd-control.socket`),
  from('udev', `${units}/systemd-udevd-kernel.socket`),
  from('dmsetup', `${rules}/10-dm.rules`, `${rules}/55-dm.rules`),
  from('dmsetup', `${rules}/13-dm-disk.rules`, `${rules}/60-persistent-storage-dm.rules`),
  from('dmsetup', `${rules}/95-dm-notify.rules`),
  from('systemd', `${rules}/99-systemd.rules`),
];
