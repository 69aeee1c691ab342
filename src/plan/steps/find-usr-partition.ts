import { type DeviceIdentifier, formatDevice } from '../../config/value-types.ts';
import { applets, asks, options, programs } from '../needs.ts';
import { variable } from '../source.ts';
import { defineStep, type Said } from '../step.ts';
import { usrDeviceLink } from '../usr-mount.ts';

export interface FindUsrPartitionView {
  /** Which kinds of device names this initrd understands. */
  readonly byPath: boolean;
  readonly byPartitionLabel: boolean;
  /** Tags that blkid looks up. */
  readonly byBlkid: readonly string[];
  readonly usesBlkid: boolean;
  readonly separateHash: boolean;
  readonly corrects: boolean;
  /** The link by which the mount unit of /usr finds a partition that is not known before. */
  readonly link: string | undefined;
  /** Devices appear one behind the other: a controller, then its disks. */
  readonly coldplug: boolean;
}

export const findUsrPartition = defineStep({
  name: 'find-usr-partition',
  plan(config): Said<FindUsrPartitionView> {
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
      explanation: [
        `Waits up to ${Devices.Timeout} s for ${data ? formatDevice(data) : 'the partition'} to appear. Exactly one device must match; names are compared whole.`,
        ...(hash ? [`The hash tree is on ${formatDevice(hash)}, found the same way.`] : []),
        ...(fec ? [`The data to correct errors with are on ${formatDevice(fec)}, found the same way.`] : []),
      ],
      needs: {
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
      provides: [
        'data partition',
        ...(hash ? (['hash partition'] as const) : []),
        ...(verity ? [] : (['usr device'] as const)),
      ],
      places: {
        'data partition': data ? formatDevice(data) : '',
        ...(hash ? { 'hash partition': formatDevice(hash) } : {}),
        ...(verity ? {} : { 'usr device': '' }),
      },
      variables: [
        dataVariable,
        ...(hash ? [hashVariable] : []),
        ...(fec ? [variable(config, 'fec_device', 'Verity.FecDevice', formatDevice(fec))] : []),
        variable(config, 'device_timeout', 'Devices.Timeout', Math.ceil(Devices.Timeout)),
      ],
      reads: [
        'usr_device',
        ...(hash ? ['hash_device'] : []),
        ...(fec ? ['fec_device'] : []),
        'device_timeout',
      ],
      writes: ['usr_partition', ...(hash ? ['hash_partition'] : []), ...(fec ? ['fec_partition'] : [])],
      waits: Math.ceil(Devices.Timeout) * named.filter(Boolean).length,
      reasons: [
        'device-name-unsupported',
        'device-ambiguous',
        'device-missing',
        ...(link ? (['run-unwritable'] as const) : []),
      ],
      view: {
        byPath: understood.has('path'),
        byPartitionLabel: understood.has('PARTLABEL'),
        byBlkid,
        usesBlkid: byBlkid.length > 0,
        separateHash: hash !== undefined,
        corrects: fec !== undefined,
        link: link ? usrDeviceLink : undefined,
        coldplug,
      },
    };
  },
});
