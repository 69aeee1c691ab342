/** The devices that stage 1 looks for, and by which kinds of names it can. */
import { imageHost, usesUsr } from '../config/image-host.ts';
import type { PlatformSettings } from '../config/settings.ts';
import type { DeviceIdentifier, DeviceSpec } from '../config/value-types/devices.ts';
import { dataPartition, hashPartition, readsSignature } from '../config/verity-device.ts';
import { onlyIf } from './only-if.ts';

/** The devices that are looked for: the file system of /usr, its hash tree, the data to correct errors with; or the one with the image. */
export function devicesOf(
  settings: PlatformSettings,
): Readonly<Record<'data' | 'hash' | 'fec' | 'host', DeviceSpec | undefined>> {
  const { Verity, FecDevice } = settings.Verity;
  return {
    data: dataPartition(settings),
    hash: hashPartition(settings),
    fec: Verity === 'no' || !usesUsr(settings) ? undefined : FecDevice,
    host: imageHost(settings)?.device,
  };
}

/** The kinds of names that this initrd understands: those of its devices, and what the kernel command line may use. */
export function understoodNames(settings: PlatformSettings): ReadonlySet<DeviceIdentifier> {
  const { Devices, KernelCommandLine } = settings;
  const devices = Object.values(devicesOf(settings)).filter((device) => device !== undefined);
  return new Set<DeviceIdentifier>([
    ...devices.flatMap(({ by }) => (by === 'dissect' ? [] : [by])),
    ...dissectedBy(settings),
    ...(KernelCommandLine.Override && usesUsr(settings) ? Devices.FindBy : []),
  ]);
}

/** A root hash names partitions by UUID; what no root hash names is found by its type. */
function dissectedBy(settings: PlatformSettings): readonly DeviceIdentifier[] {
  const { data, hash } = devicesOf(settings);
  const dissected = data?.by === 'dissect';
  return [
    ...onlyIf(hash?.by === 'dissect', 'PARTUUID' as const),
    ...onlyIf(readsSignature(settings) || (dissected && !hash), 'PARTTYPE' as const),
  ];
}
