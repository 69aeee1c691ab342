import { dropped, mountedOptions, mountOptionsOf, type OptionUse } from '../../config/mount-options.ts';
import type { PlatformSettings } from '../../config/settings.ts';
import type { PlatformConfig } from '../../config/validate.ts';
import { verityDevicePath } from '../../config/verity-device.ts';
import type { Step } from '../boot-plan.ts';
import { applets, nothing, programs } from '../needs.ts';

export interface CommandLineData {
  readonly override: boolean;
  readonly parameters: {
    readonly usrDevice: string;
    readonly usrFileSystem: string;
    readonly usrOptions: string;
    readonly hashDevice: string;
    readonly fecDevice: string;
    readonly rootHash: string;
  };
  readonly readsRootHash: boolean;
  readonly separateHash: boolean;
  /** The data device has a parameter of its own, which is read in the place of that of the /usr device. */
  readonly readsDataDevice: boolean;
  readonly corrects: boolean;
  readonly verityDevice: string;
  /** Options that the kernel command line may set, and those that say nothing to the kernel. */
  readonly allowedOptions: readonly string[];
  readonly droppedOptions: readonly string[];
  /** The options of the platform, and those that are there always. */
  readonly usrOptions: string;
  readonly alwaysOptions: string;
  /** sysusr-usr.mount is a unit: other mount options reach it by a drop-in. */
  readonly dropIn: boolean;
  readonly fileSystem: string;
}

/** True where the platform listens to the kernel command line at all. */
export function readsCommandLine({ KernelCommandLine, Verity }: PlatformSettings): boolean {
  return KernelCommandLine.Override || readsRootHash({ Verity });
}

function readsRootHash({ Verity }: Pick<PlatformSettings, 'Verity'>): boolean {
  return Verity.Verity === 'required' && Verity.RootHash === 'command-line';
}

export function readKernelCommandLine(config: PlatformConfig): Step<CommandLineData> {
  const { KernelCommandLine, Usr, Verity } = config.settings;
  const { Override } = KernelCommandLine;
  const verity = Verity.Verity === 'required';
  const parameters = {
    usrDevice: verity && Verity.DataDevice ? KernelCommandLine.DataDevice : KernelCommandLine.UsrDevice,
    usrFileSystem: KernelCommandLine.UsrFileSystem,
    usrOptions: KernelCommandLine.UsrOptions,
    hashDevice: KernelCommandLine.HashDevice,
    fecDevice: KernelCommandLine.FecDevice,
    rootHash: KernelCommandLine.RootHash,
  };
  const overriding = [parameters.usrDevice, parameters.usrFileSystem, parameters.usrOptions];
  const separateHash = verity && Verity.HashDevice !== undefined;
  const corrects = verity && Verity.FecDevice !== undefined;
  const listened = [
    ...(Override ? overriding : []),
    ...(Override && separateHash ? [parameters.hashDevice] : []),
    ...(Override && corrects ? [parameters.fecDevice] : []),
    ...(readsRootHash(config.settings) ? [parameters.rootHash] : []),
  ];
  const optionsOf = (...uses: readonly OptionUse[]) =>
    mountOptionsOf(Usr.FileSystem).flatMap(({ use, option }) => (uses.includes(use) ? [option] : []));
  const dropIn = Override && config.settings.Initrd.Init === 'systemd';
  const overridable = [
    ...(Override ? ['usr_device', 'usr_options'] : []),
    ...(Override && separateHash ? ['hash_device'] : []),
    ...(Override && corrects ? ['fec_device'] : []),
    ...(readsRootHash(config.settings) ? ['root_hash'] : []),
  ];
  return {
    name: 'read-kernel-command-line',
    explanation: [
      `Takes ${listened.map((name) => `${name}=`).join(', ')} from the kernel command line, by the kernel's own quoting rules. Of several the last one wins.`,
    ],
    needs: {
      ...nothing,
      programs: [
        ...applets('grep', ...(dropIn ? ['mkdir'] : [])),
        ...(dropIn ? programs('/usr/bin/systemctl') : []),
      ],
    },
    uses: ['kernel file systems'],
    provides: ['command line values'],
    variables: [],
    takes: overridable,
    leaves: overridable,
    waits: 0,
    failures: [
      'program-missing',
      'run-unwritable',
      ...(Override ? (['file-system-unsupported', 'usr-options-refused'] as const) : []),
      ...(readsRootHash(config.settings) ? (['root-hash-missing'] as const) : []),
    ],
    data: {
      override: Override,
      parameters,
      readsRootHash: readsRootHash(config.settings),
      readsDataDevice: verity && Verity.DataDevice !== undefined,
      separateHash,
      corrects,
      verityDevice: verityDevicePath(config.settings),
      allowedOptions: optionsOf('command line'),
      droppedOptions: optionsOf(...dropped),
      usrOptions: mountedOptions(Usr.FileSystem, Usr.Options),
      alwaysOptions: [mountedOptions(Usr.FileSystem, Usr.FixedOptions), 'ro'].filter(Boolean).join(','),
      dropIn,
      fileSystem: Usr.FileSystem,
    },
  };
}
