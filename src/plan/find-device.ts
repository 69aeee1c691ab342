/** What steps that look for a device have in common: the function find_device, and what it needs. */
import type { PlatformSettings, SettingName } from '../config/settings.ts';
import { understoodNames } from './device-names.ts';
import type { ProgramNeed } from './need.ts';
import { asks, options, programs } from './needs.ts';
import { onlyIf } from './only-if.ts';
import type { ReasonName } from './reasons.ts';

/** Which kinds of device names this initrd understands, for templates/functions/find-device.hbs. */
export interface FindDeviceView {
  readonly byPath: boolean;
  readonly byPartitionLabel: boolean;
  /** The kernel tells of it, where it is not older than that; else blkid does. */
  readonly byPartitionUuid: boolean;
  /** One of both. */
  readonly fromKernel: boolean;
  /** Tags that only blkid looks up. */
  readonly byBlkid: readonly string[];
  readonly usesBlkid: boolean;
  /** By the type of their entry in a GPT, which blkid reads. */
  readonly byPartitionType: boolean;
  /** The type of which the newest partition counts; undefined where something names the partition. */
  readonly newest: string | undefined;
  /** The kernel command line may name other devices, in ways that nobody looked at before. */
  readonly override: boolean;
  /** Where a live system would be found, a boot may be without a device of /usr. */
  readonly live: boolean;
  /** Devices appear one behind the other: a controller, then its disks. */
  readonly coldplug: boolean;
}

/** For a device that the platform names. */
export function findDeviceView(settings: PlatformSettings): FindDeviceView {
  const understood = understoodNames(settings);
  const byBlkid = (['LABEL', 'UUID'] as const).filter((by) => understood.has(by));
  const byPartitionLabel = understood.has('PARTLABEL');
  const byPartitionUuid = understood.has('PARTUUID');
  return {
    byPath: understood.has('path'),
    byPartitionLabel,
    byPartitionUuid,
    fromKernel: byPartitionLabel || byPartitionUuid,
    byBlkid,
    usesBlkid: byBlkid.length > 0,
    byPartitionType: understood.has('PARTTYPE'),
    newest: undefined,
    override: false,
    live: false,
    coldplug: settings.Modules.Load === 'coldplug',
  };
}

/** Partitions are on block devices, and named in a GPT. */
export const kernelOptionsOfDevices = options('BLOCK', 'EFI_PARTITION');

/** Applets of busybox that find_device starts. */
export function appletsToFind({ fromKernel, byPartitionType, newest }: FindDeviceView): readonly string[] {
  return [
    'sleep',
    ...onlyIf(fromKernel, 'grep'),
    ...onlyIf(byPartitionType, 'cut'),
    ...onlyIf(newest, 'sort', 'tail'),
  ];
}

/** blkid, where a name needs it; `because` is the setting to change where it cannot be had. */
export function blkidToFind(
  { usesBlkid, byPartitionUuid, byPartitionType }: FindDeviceView,
  because: SettingName,
): readonly ProgramNeed[] {
  const wanted = usesBlkid || byPartitionUuid || byPartitionType;
  return asks(because, programs(...onlyIf(wanted, '/usr/sbin/blkid')));
}

/** How find_device ends where there is not one device. */
export const reasonsOfDevices: readonly ReasonName[] = [
  'device-name-unsupported',
  'device-ambiguous',
  'device-missing',
];
