import type { PlatformSettings } from '../../config/settings.ts';
import type { PlatformConfig } from '../../config/validate.ts';
import { type DeviceIdentifier, type DeviceSpec, formatDevice } from '../../config/value-types/devices.ts';
import { dataPartition } from '../../config/verity-device.ts';
import { applets, asks, options, programs } from '../needs.ts';
import { onlyIf } from '../only-if.ts';
import { variable } from '../source.ts';
import { defineStep, type Said, type Variable } from '../step.ts';
import { usrDeviceLink, usrMountUnit } from '../usr-mount.ts';

interface FindUsrPartitionView {
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
  readonly mountUnit: string;
  /** Devices appear one behind the other: a controller, then its disks. */
  readonly coldplug: boolean;
}

export const findUsrPartition = defineStep({
  name: 'find-usr-partition',
  summary: 'waits for exactly one device of the given name',
  plan(config): Said<FindUsrPartitionView> {
    const { settings } = config;
    const { Devices, KernelCommandLine } = settings;
    const verity = settings.Verity.Verity === 'required';
    const { data, hash, fec } = devicesOf(settings);
    const view = viewOf(settings);
    return {
      explanation: explanationOf(settings),
      needs: {
        kernelOptions: options('BLOCK', 'EFI_PARTITION'),
        programs: [
          ...applets('sleep', ...onlyIf(view.byPartitionLabel, 'grep'), ...onlyIf(view.link, 'ln')),
          ...asks('Devices.FindBy', programs(...onlyIf(view.usesBlkid, '/usr/sbin/blkid'))),
        ],
      },
      uses: [
        'kernel file systems',
        'kernel log',
        'disk drivers',
        ...onlyIf(view.coldplug, 'drivers of new devices'),
        ...onlyIf(KernelCommandLine.Override, 'command line values'),
      ],
      provides: ['data partition', ...onlyIf(hash, 'hash partition'), ...onlyIf(!verity, 'usr device')],
      places: { 'data partition': nameOf(data), 'hash partition': nameOf(hash), 'usr device': '' },
      variables: variablesOf(config),
      reads: ['usr_device', ...onlyIf(hash, 'hash_device'), ...onlyIf(fec, 'fec_device'), 'device_timeout'],
      writes: ['usr_partition', ...onlyIf(hash, 'hash_partition'), ...onlyIf(fec, 'fec_partition')],
      waits: Math.ceil(Devices.Timeout) * [data, hash, fec].filter(Boolean).length,
      reasons: [
        'device-name-unsupported',
        'device-ambiguous',
        'device-missing',
        ...onlyIf(view.link, 'run-unwritable'),
      ],
      view,
    };
  },
});

/** The devices that are looked for: the file system of /usr, its hash tree, the data to correct errors with. */
function devicesOf(
  settings: PlatformSettings,
): Readonly<Record<'data' | 'hash' | 'fec', DeviceSpec | undefined>> {
  const { Verity, HashDevice, FecDevice } = settings.Verity;
  const data = dataPartition(settings);
  if (Verity === 'no') return { data, hash: undefined, fec: undefined };
  return { data, hash: HashDevice, fec: FecDevice };
}

function nameOf(device: DeviceSpec | undefined): string {
  return device ? formatDevice(device) : '';
}

function explanationOf(settings: PlatformSettings): readonly string[] {
  const { data, hash, fec } = devicesOf(settings);
  return [
    `Waits up to ${settings.Devices.Timeout} s for ${data ? nameOf(data) : 'the partition'} to appear. Exactly one device must match; names are compared whole.`,
    ...onlyIf(hash, `The hash tree is on ${nameOf(hash)}, found the same way.`),
    ...onlyIf(fec, `The data to correct errors with are on ${nameOf(fec)}, found the same way.`),
  ];
}

function variablesOf(config: PlatformConfig): readonly Variable[] {
  const { Verity, Devices } = config.settings;
  const { data, hash, fec } = devicesOf(config.settings);
  const dataSetting = Verity.Verity === 'required' && Verity.DataDevice ? 'Verity.DataDevice' : 'Usr.Device';
  return [
    variable(config, 'usr_device', dataSetting, nameOf(data)),
    ...onlyIf(hash, variable(config, 'hash_device', 'Verity.HashDevice', nameOf(hash))),
    ...onlyIf(fec, variable(config, 'fec_device', 'Verity.FecDevice', nameOf(fec))),
    variable(config, 'device_timeout', 'Devices.Timeout', Math.ceil(Devices.Timeout)),
  ];
}

function viewOf(settings: PlatformSettings): FindUsrPartitionView {
  const { Devices, Initrd, KernelCommandLine, Modules, Verity } = settings;
  const { data, hash, fec } = devicesOf(settings);
  const understood = new Set<DeviceIdentifier>([
    ...[data, hash, fec].flatMap((device) => (device ? [device.by] : [])),
    ...(KernelCommandLine.Override ? Devices.FindBy : []),
  ]);
  const byBlkid = (['LABEL', 'UUID', 'PARTUUID'] as const).filter((by) => understood.has(by));
  return {
    byPath: understood.has('path'),
    byPartitionLabel: understood.has('PARTLABEL'),
    byBlkid,
    usesBlkid: byBlkid.length > 0,
    separateHash: hash !== undefined,
    corrects: fec !== undefined,
    link: Verity.Verity === 'no' && Initrd.Init === 'systemd' ? usrDeviceLink : undefined,
    mountUnit: usrMountUnit,
    coldplug: Modules.Load === 'coldplug',
  };
}
