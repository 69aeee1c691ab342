import { dropped, mountedOptions, mountOptionsOf, type OptionUse } from '../../config/mount-options.ts';
import type { PlatformSettings } from '../../config/settings.ts';
import { type DeviceIdentifier, linksOf } from '../../config/value-types/devices.ts';
import { usualVerityDevice, verityDevicePath } from '../../config/verity-device.ts';
import { understoodNames } from '../device-names.ts';
import { applets, programs } from '../needs.ts';
import { onlyIf } from '../only-if.ts';
import { defineStep, type Said } from '../step.ts';
import { usrMountDropIns, usrMountUnit } from '../usr-mount.ts';

interface KernelCommandLineView {
  readonly override: boolean;
  readonly parameters: {
    readonly usrDevice: string;
    readonly usrFileSystem: string;
    readonly usrOptions: string;
    readonly hashDevice: string;
    readonly fecDevice: string;
    readonly rootHash: string;
  };
  /** Links of udev that stand for a tag, which this initrd can look for. */
  readonly links: readonly { readonly tag: string; readonly directory: string }[];
  /** Tags whose values count in any case. */
  readonly byUuid: boolean;
  readonly byPartitionUuid: boolean;
  /** One of both. */
  readonly lowers: boolean;
  readonly readsRootHash: boolean;
  /** What is wrong where there is no root hash. */
  readonly noRootHash: string;
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
  /** Where other mount options reach the mount unit of /usr; undefined where a script mounts it. */
  readonly dropIn: { readonly unit: string; readonly directory: string } | undefined;
  readonly fileSystem: string;
}

/** True where the platform listens to the kernel command line at all. */
function readsCommandLine({ KernelCommandLine, Verity }: PlatformSettings): boolean {
  return KernelCommandLine.Override || readsRootHash({ Verity });
}

function readsRootHash({ Verity }: Pick<PlatformSettings, 'Verity'>): boolean {
  return Verity.Verity === 'required' && Verity.RootHash === 'command-line';
}

export const readKernelCommandLine = defineStep({
  name: 'read-kernel-command-line',
  summary: 'takes the parameters that the platform listens to; left out where there are none',
  when: readsCommandLine,
  plan({ settings }): Said<KernelCommandLineView> {
    const view = viewOf(settings);
    const { override, parameters, separateHash, corrects, dropIn } = view;
    const listened = [
      ...onlyIf(override, parameters.usrDevice, parameters.usrFileSystem, parameters.usrOptions),
      ...onlyIf(override && separateHash, parameters.hashDevice),
      ...onlyIf(override && corrects, parameters.fecDevice),
      ...onlyIf(view.readsRootHash, parameters.rootHash),
    ];
    const values = [
      ...onlyIf(override, 'usr_device', 'usr_options'),
      ...onlyIf(override && separateHash, 'hash_device'),
      ...onlyIf(override && corrects, 'fec_device'),
      ...onlyIf(view.readsRootHash, 'root_hash'),
    ];
    return {
      explanation: [
        `Takes ${listened.map((name) => `${name}=`).join(', ')} from the kernel command line, by the kernel's own quoting rules. Of several the last one wins.`,
      ],
      needs: {
        programs: [
          ...applets('grep', ...onlyIf(dropIn, 'mkdir'), ...onlyIf(view.lowers, 'tr')),
          ...programs(...onlyIf(dropIn, '/usr/bin/systemctl')),
        ],
      },
      uses: ['kernel file systems'],
      provides: ['command line values'],
      reads: values,
      writes: values,
      reasons: [
        'program-missing',
        'run-unwritable',
        ...onlyIf(override, 'file-system-unsupported', 'usr-options-refused'),
        ...onlyIf(view.readsRootHash, 'root-hash-missing'),
      ],
      view,
    };
  },
});

function viewOf(settings: PlatformSettings): KernelCommandLineView {
  const { Initrd, KernelCommandLine, Usr, Verity } = settings;
  const override = KernelCommandLine.Override;
  const verity = Verity.Verity === 'required';
  const optionsOf = (...uses: readonly OptionUse[]) =>
    mountOptionsOf(Usr.FileSystem).flatMap(({ use, option }) => onlyIf(uses.includes(use), option));
  const understood = override ? understoodNames(settings) : new Set<DeviceIdentifier>();
  const dropIn = { unit: usrMountUnit, directory: usrMountDropIns };
  return {
    override,
    parameters: {
      usrDevice: verity && Verity.DataDevice ? KernelCommandLine.DataDevice : KernelCommandLine.UsrDevice,
      usrFileSystem: KernelCommandLine.UsrFileSystem,
      usrOptions: KernelCommandLine.UsrOptions,
      hashDevice: KernelCommandLine.HashDevice,
      fecDevice: KernelCommandLine.FecDevice,
      rootHash: KernelCommandLine.RootHash,
    },
    links: (['LABEL', 'UUID', 'PARTLABEL', 'PARTUUID'] as const)
      .filter((tag) => understood.has(tag))
      .map((tag) => ({ tag, directory: linksOf(tag) })),
    byUuid: understood.has('UUID'),
    byPartitionUuid: understood.has('PARTUUID'),
    lowers: understood.has('UUID') || understood.has('PARTUUID'),
    readsRootHash: readsRootHash(settings),
    noRootHash: `${KernelCommandLine.RootHash}= is missing, empty or not hexadecimal`,
    readsDataDevice: verity && Verity.DataDevice !== undefined,
    separateHash: verity && Verity.HashDevice !== undefined,
    corrects: verity && Verity.FecDevice !== undefined,
    verityDevice: verity ? verityDevicePath(settings) : usualVerityDevice,
    allowedOptions: optionsOf('command line'),
    droppedOptions: optionsOf(...dropped),
    usrOptions: mountedOptions(Usr.FileSystem, Usr.Options),
    alwaysOptions: [mountedOptions(Usr.FileSystem, Usr.FixedOptions), 'ro'].filter(Boolean).join(','),
    dropIn: override && Initrd.Init === 'systemd' ? dropIn : undefined,
    fileSystem: Usr.FileSystem,
  };
}
