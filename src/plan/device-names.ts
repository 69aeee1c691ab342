/** The devices that stage 1 looks for, and by which kinds of names it can. */
import type { PlatformSettings } from '../config/settings.ts';
import type { DeviceIdentifier, DeviceSpec } from '../config/value-types/devices.ts';
import { dataPartition } from '../config/verity-device.ts';

/** The devices that are looked for: the file system of /usr, its hash tree, the data to correct errors with. */
export function devicesOf(
  settings: PlatformSettings,
): Readonly<Record<'data' | 'hash' | 'fec', DeviceSpec | undefined>> {
  const { Verity, HashDevice, FecDevice } = settings.Verity;
  const data = dataPartition(settings);
  if (Verity === 'no') return { data, hash: undefined, fec: undefined };
  return { data, hash: HashDevice, fec: FecDevice };
}

/** The kinds of names that this initrd understands: those of its devices, and what the kernel command line may use. */
export function understoodNames(settings: PlatformSettings): ReadonlySet<DeviceIdentifier> {
  const { Devices, KernelCommandLine } = settings;
  const { data, hash, fec } = devicesOf(settings);
  return new Set<DeviceIdentifier>([
    ...[data, hash, fec].flatMap((device) => (device ? [device.by] : [])),
    ...(KernelCommandLine.Override ? Devices.FindBy : []),
  ]);
}
