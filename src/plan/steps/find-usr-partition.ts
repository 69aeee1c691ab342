import type { PlatformConfig } from '../../config/validate.ts';
import { type DeviceIdentifier, formatDevice } from '../../config/value-types/devices.ts';
import type { Step } from '../boot-plan.ts';
import { applets, asks, nothing, options, programs } from '../needs.ts';
import { variable } from '../values.ts';

export interface FindData {
  /** Which kinds of device names this initrd understands. */
  readonly byPath: boolean;
  readonly byPartitionLabel: boolean;
  /** Tags that blkid looks up. */
  readonly byBlkid: readonly string[];
  readonly separateHash: boolean;
  readonly corrects: boolean;
  /** sysusr-usr.mount is a unit: it finds a partition that is not known before by a link. */
  readonly link: boolean;
  /** Devices appear one behind the other: a controller, then its disks. */
  readonly coldplug: boolean;
}

export function findUsrPartition(config: PlatformConfig): Step<FindData> {
  const { Usr, Verity, Devices, KernelCommandLine } = config.settings;
  const verity = Verity.Verity === 'required';
  const named = [
    verity && Verity.DataDevice ? Verity.DataDevice : Usr.Device,
    verity ? Verity.HashDevice : undefined,
    verity ? Verity.FecDevice : undefined,
  ];
  const set = named.flatMap((device) => (device ? [device.by] : []));
  const understood = new Set<DeviceIdentifier>([
    ...set,
    ...(KernelCommandLine.Override ? Devices.FindBy : []),
  ]);
  const byBlkid = (['LABEL', 'UUID', 'PARTUUID'] as const).filter((by) => understood.has(by));
  const [data, hash, fec] = named;
  const dataSetting = verity && Verity.DataDevice ? 'Verity.DataDevice' : 'Usr.Device';
  const dataVariable = variable(config, 'usr_device', dataSetting, data && formatDevice(data));
  const coldplug = config.settings.Modules.Load === 'coldplug';
  const link = !verity && config.settings.Initrd.Init === 'systemd';
  const hashVariable = variable(config, 'hash_device', 'Verity.HashDevice', hash && formatDevice(hash));
  return {
    name: 'find-usr-partition',
    explanation: [
      `Waits up to ${Devices.Timeout} s for ${data ? formatDevice(data) : 'the partition'} to appear. Exactly one device must match; names are compared whole.`,
      ...(hash ? [`The hash tree is on ${formatDevice(hash)}, found the same way.`] : []),
      ...(fec ? [`The data to correct errors with are on ${formatDevice(fec)}, found the same way.`] : []),
    ],
    needs: {
      ...nothing,
      kernelOptions: options('BLOCK', 'EFI_PARTITION'),
      programs: [
        ...applets('sleep', ...(understood.has('PARTLABEL') ? ['grep'] : []), ...(link ? ['ln'] : [])),
        ...(byBlkid.length > 0 ? asks('Devices.FindBy', programs('/usr/sbin/blkid')) : []),
      ],
    },
    uses: [
      'kernel file systems',
      'disk drivers',
      ...(coldplug ? (['drivers of new devices'] as const) : []),
      ...(KernelCommandLine.Override ? (['command line values'] as const) : []),
    ],
    provides: ['data partition', 'hash partition', ...(verity ? [] : (['usr device'] as const))],
    variables: [
      dataVariable,
      ...(hash ? [hashVariable] : []),
      ...(fec ? [variable(config, 'fec_device', 'Verity.FecDevice', formatDevice(fec))] : []),
      variable(config, 'device_timeout', 'Devices.Timeout', Math.ceil(Devices.Timeout)),
    ],
    takes: ['usr_device', ...(hash ? ['hash_device'] : []), ...(fec ? ['fec_device'] : []), 'device_timeout'],
    leaves: ['usr_partition', ...(hash ? ['hash_partition'] : []), ...(fec ? ['fec_partition'] : [])],
    waits: Math.ceil(Devices.Timeout) * named.filter(Boolean).length,
    failures: [
      'device-name-unsupported',
      'device-ambiguous',
      'device-missing',
      ...(link ? (['run-unwritable'] as const) : []),
    ],
    data: {
      byPath: understood.has('path'),
      byPartitionLabel: understood.has('PARTLABEL'),
      byBlkid,
      separateHash: hash !== undefined,
      corrects: fec !== undefined,
      link,
      coldplug,
    },
  };
}
