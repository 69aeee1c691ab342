import { usesUsr } from '../../config/image-host.ts';
import { partitionTypesOf } from '../../config/partition-types.ts';
import type { PlatformSettings } from '../../config/settings.ts';
import type { PlatformConfig } from '../../config/validate.ts';
import { type DeviceSpec, formatDevice, lookedFor } from '../../config/value-types/devices.ts';
import { choosesNewest, readsSignature, signatureFile } from '../../config/verity-device.ts';
import { devicesOf } from '../device-names.ts';
import {
  appletsToFind,
  blkidToFind,
  type FindDeviceView,
  findDeviceView,
  kernelOptionsOfDevices,
  reasonsOfDevices,
} from '../find-device.ts';
import { applets } from '../needs.ts';
import { onlyIf } from '../only-if.ts';
import { variable } from '../source.ts';
import { defineStep, type Said, type Variable } from '../step.ts';
import { usrDeviceLink, usrMountUnit } from '../usr-mount.ts';
import { isLive } from './find-live-usr.ts';

interface FindUsrPartitionView extends FindDeviceView {
  /** The root hash, which the kernel command line gives, or the disk, names the partition of the hash tree, and that of the data. */
  readonly byRootHash: boolean;
  readonly signature: SignatureView | undefined;
  readonly separateHash: boolean;
  readonly corrects: boolean;
  /** The link by which the mount unit of /usr finds a partition that is not known before. */
  readonly link: string | undefined;
  readonly mountUnit: string;
}

/** The signature of the root hash on a partition of its own. */
interface SignatureView {
  readonly type: string;
  /** The signature belongs to a root hash that is known, or it brings the root hash. */
  readonly ofRootHash: boolean;
  readonly hasRootHash: boolean;
  readonly file: string;
}

export const findUsrPartition = defineStep({
  name: 'find-usr-partition',
  summary: 'waits for exactly one device of the given name',
  when: usesUsr,
  plan(config): Said<FindUsrPartitionView> {
    const { settings } = config;
    const { KernelCommandLine } = settings;
    const verity = settings.Verity.Verity === 'required';
    const { data, hash, fec } = devicesOf(settings);
    const view = viewOf(settings);
    const readsHash = settings.Verity.RootHash === 'command-line' && (view.byRootHash || view.signature);
    const setsHash = view.byRootHash || view.signature;
    return {
      explanation: explanationOf(settings),
      needs: {
        kernelOptions: kernelOptionsOfDevices,
        programs: [
          ...applets(
            ...appletsToFind(view),
            ...onlyIf(view.link, 'ln'),
            ...onlyIf(setsHash, 'tr'),
            ...onlyIf(view.signature, 'base64', 'dd', 'grep'),
          ),
          ...blkidToFind(view, 'Devices.FindBy'),
        ],
      },
      uses: [
        'kernel file systems',
        'kernel log',
        'disk drivers',
        ...onlyIf(view.coldplug, 'drivers of new devices'),
        ...onlyIf(view.live, 'live usr'),
        ...onlyIf(KernelCommandLine.Override || readsHash, 'command line values'),
      ],
      provides: ['data partition', ...onlyIf(hash, 'hash partition'), ...onlyIf(!verity, 'usr device')],
      places: { 'data partition': nameOf(data), 'hash partition': nameOf(hash), 'usr device': '' },
      variables: variablesOf(config),
      unless: view.live ? 'live_image' : undefined,
      reads: [
        'usr_device',
        ...onlyIf(hash && !view.byRootHash, 'hash_device'),
        ...onlyIf(fec, 'fec_device'),
        ...onlyIf(setsHash && !view.signature?.hasRootHash, 'root_hash'),
        ...onlyIf(view.newest, 'usr_labels'),
        'device_timeout',
        ...onlyIf(view.live, 'why_not_live', 'usr_partition'),
        ...onlyIf(view.live && hash, 'hash_partition'),
      ],
      writes: [
        'usr_partition',
        ...onlyIf(hash, 'hash_partition'),
        ...onlyIf(fec, 'fec_partition'),
        ...onlyIf(setsHash, 'root_hash'),
      ],
      waits: longestWait(settings) * [data, hash, fec].filter(Boolean).length,
      reasons: [
        ...reasonsOfDevices,
        ...onlyIf(view.link, 'run-unwritable'),
        ...onlyIf(view.byRootHash, 'root-hash-length'),
        ...onlyIf(view.signature, 'signature-missing'),
      ],
      functions: ['find-device'],
      view,
    };
  },
});

function nameOf(device: DeviceSpec | undefined): string {
  return device ? formatDevice(device) : '';
}

/** The value of the variable by which stage 1 looks for a device. */
function wordsOf(device: DeviceSpec | undefined): string {
  return device ? lookedFor(device) : '';
}

/** Seconds that stage 1 waits for one device at most. */
function longestWait({ Devices, KernelCommandLine }: PlatformSettings): number {
  const asked = KernelCommandLine.Override && KernelCommandLine.Timeout ? Devices.LongestTimeout : 0;
  return Math.ceil(Math.max(Devices.Timeout, asked));
}

function explanationOf(settings: PlatformSettings): readonly string[] {
  const { data, hash, fec } = devicesOf(settings);
  return [
    `Waits up to ${settings.Devices.Timeout} s for ${data ? nameOf(data) : 'the partition'} to appear. Exactly one device must match; names are compared whole.`,
    ...onlyIf(hash, `The hash tree is on ${nameOf(hash)}, found the same way.`),
    ...onlyIf(fec, `The data to correct errors with are on ${nameOf(fec)}, found the same way.`),
  ];
}

/** The type of the partition that nothing names. Where a root hash is looked for, it is that of the signature. */
function newestType(settings: PlatformSettings): string | undefined {
  if (!choosesNewest(settings)) return undefined;
  const types = partitionTypesOf(settings);
  return settings.Verity.Verity === 'no' ? types.usr : types.signature;
}

function signatureOf(settings: PlatformSettings): SignatureView | undefined {
  if (!readsSignature(settings)) return undefined;
  const hasRootHash = settings.Verity.RootHash === 'signature';
  const { signature } = partitionTypesOf(settings);
  return { type: signature, ofRootHash: !hasRootHash, hasRootHash, file: signatureFile(settings) ?? '' };
}

function variablesOf(config: PlatformConfig): readonly Variable[] {
  const { Verity, Devices } = config.settings;
  const { data, hash, fec } = devicesOf(config.settings);
  const dataSetting = Verity.Verity === 'required' && Verity.DataDevice ? 'Verity.DataDevice' : 'Usr.Device';
  return [
    variable(config, 'usr_device', dataSetting, wordsOf(data)),
    ...onlyIf(
      hash && hash.by !== 'dissect',
      variable(config, 'hash_device', 'Verity.HashDevice', wordsOf(hash)),
    ),
    ...onlyIf(fec, variable(config, 'fec_device', 'Verity.FecDevice', wordsOf(fec))),
    ...onlyIf(
      choosesNewest(config.settings),
      variable(config, 'usr_labels', 'Usr.LabelPattern', config.settings.Usr.LabelPattern),
    ),
    variable(config, 'device_timeout', 'Devices.Timeout', Math.ceil(Devices.Timeout)),
  ];
}

function viewOf(settings: PlatformSettings): FindUsrPartitionView {
  const { Initrd, KernelCommandLine, Verity } = settings;
  const { hash, fec } = devicesOf(settings);
  return {
    ...findDeviceView(settings),
    newest: newestType(settings),
    byRootHash: hash?.by === 'dissect',
    signature: signatureOf(settings),
    override: KernelCommandLine.Override,
    live: isLive(settings),
    separateHash: hash !== undefined,
    corrects: fec !== undefined,
    link: Verity.Verity === 'no' && Initrd.Init === 'systemd' ? usrDeviceLink : undefined,
    mountUnit: usrMountUnit,
  };
}
