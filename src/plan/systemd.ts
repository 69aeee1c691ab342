/** What the systemd form of stage 1 takes from the sysroot besides the programs of its steps. */
import type { FileNeed } from './boot-plan.ts';

/** PID 1, what starts its units, the journal and udev. */
export const systemdPrograms: readonly string[] = [
  '/usr/lib/systemd/systemd',
  '/usr/lib/systemd/systemd-executor',
  '/usr/lib/systemd/systemd-journald',
  '/usr/lib/systemd/systemd-udevd',
];

function file(name: string, ...others: readonly string[]): FileNeed {
  return { anyOf: [name, ...others], package: name.includes('/udev/rules.d/') ? 'dmsetup' : 'systemd' };
}

const units = '/usr/lib/systemd/system';
const rules = '/usr/lib/udev/rules.d';

/**
 * Units of the journal and of udev as systemd ships them, and the few udev rules that a device-mapper device needs
 * to become a .device unit: udev reads no other device here. Distributions number the rules differently.
 */
export const systemdFiles: readonly FileNeed[] = [
  file(`${units}/systemd-journald.service`),
  file(`${units}/systemd-journald.socket`),
  file(`${units}/systemd-journald-dev-log.socket`),
  file(`${units}/systemd-udevd.service`),
  file(`${units}/systemd-udevd-control.socket`),
  file(`${units}/systemd-udevd-kernel.socket`),
  file(`${rules}/10-dm.rules`, `${rules}/55-dm.rules`),
  file(`${rules}/13-dm-disk.rules`, `${rules}/60-persistent-storage-dm.rules`),
  file(`${rules}/95-dm-notify.rules`),
  file(`${rules}/99-systemd.rules`),
];
