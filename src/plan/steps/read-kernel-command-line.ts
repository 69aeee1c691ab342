import { mayGoWithoutVerity } from '../../config/live-usr.ts';
import { dropped, mountedOptions, mountOptionsOf, type OptionUse } from '../../config/mount-options.ts';
import type { PlatformSettings } from '../../config/settings.ts';
import { type DeviceIdentifier, linksOf } from '../../config/value-types/devices.ts';
import { usualVerityDevice, verityDevicePath } from '../../config/verity-device.ts';
import { understoodNames } from '../device-names.ts';
import {
  type KernelParameter,
  type LaterName,
  laterNamesOf,
  liveParametersOf,
  type ParameterKey,
  parametersOf,
  writeParameter,
} from '../kernel-parameters.ts';
import { applets, programs } from '../needs.ts';
import { onlyIf } from '../only-if.ts';
import { defineStep, type Said } from '../step.ts';
import { usrMountDropIns, usrMountUnit } from '../usr-mount.ts';

interface KernelCommandLineView {
  readonly override: boolean;
  /** Patterns for words of each parameter that counts. */
  readonly given: { readonly [Key in ParameterKey]?: readonly string[] };
  /** Names that count only where none of those before them is given. */
  readonly laterNames: readonly LaterName[];
  /** Links of udev that stand for a tag, which this initrd can look for. */
  readonly links: readonly { readonly tag: string; readonly directory: string }[];
  /** Tags whose values count in any case. */
  readonly byUuid: boolean;
  readonly byPartitionUuid: boolean;
  /** One of both. */
  readonly lowers: boolean;
  /** What is wrong where there is no root hash. */
  readonly noRootHash: string;
  /** A live system may be without a root hash, which a later step sees to. */
  readonly optional: boolean;
  /** Patterns for words that name a device of /usr; none where the platform knows no live system. */
  readonly namesUsr: readonly string[];
  /** The data device has a parameter of its own, which is read in the place of that of the /usr device. */
  readonly readsDataDevice: boolean;
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
  /** Seconds that the time limit may be at most, as the kernel command line sets it. */
  readonly longestTimeout: number;
}

export const readKernelCommandLine = defineStep({
  name: 'read-kernel-command-line',
  summary: 'takes the parameters that the platform listens to; left out where there are none',
  when: (settings) => parametersOf(settings).length > 0,
  plan({ settings }): Said<KernelCommandLineView> {
    const parameters = parametersOf(settings);
    const view = viewOf(settings, parameters);
    const { override, dropIn, given } = view;
    const values = parameters.flatMap(({ variable }) => (variable === undefined ? [] : [variable]));
    const named = onlyIf(view.namesUsr.length > 0, 'usr_named');
    return {
      explanation: [
        `Takes ${parameters.map(writeParameter).join(', ')} from the kernel command line, by the kernel's own quoting rules. Of several the last one wins.`,
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
      writes: [...values, ...named],
      reasons: [
        'program-missing',
        'run-unwritable',
        ...onlyIf(override, 'file-system-unsupported', 'usr-options-refused'),
        ...onlyIf(given.rootHash, 'root-hash-missing'),
      ],
      view,
    };
  },
});

function viewOf(settings: PlatformSettings, parameters: readonly KernelParameter[]): KernelCommandLineView {
  const { Devices, Initrd, KernelCommandLine, Usr, Verity } = settings;
  const override = KernelCommandLine.Override;
  const verity = Verity.Verity === 'required';
  const optionsOf = (...uses: readonly OptionUse[]) =>
    mountOptionsOf(Usr.FileSystem).flatMap(({ use, option }) => onlyIf(uses.includes(use), option));
  const understood = override ? understoodNames(settings) : new Set<DeviceIdentifier>();
  const dropIn = { unit: usrMountUnit, directory: usrMountDropIns };
  const given = parameters.map(({ key, names }) => [key, names.map((name) => `${name}=`)]);
  return {
    override,
    given: Object.fromEntries(given),
    laterNames: parameters.flatMap(laterNamesOf),
    links: (['LABEL', 'UUID', 'PARTLABEL', 'PARTUUID'] as const)
      .filter((tag) => understood.has(tag))
      .map((tag) => ({ tag, directory: linksOf(tag) })),
    byUuid: understood.has('UUID'),
    byPartitionUuid: understood.has('PARTUUID'),
    lowers: understood.has('UUID') || understood.has('PARTUUID'),
    optional: mayGoWithoutVerity(settings),
    namesUsr: liveParametersOf(settings).map((name) => `${name}=`),
    noRootHash: `${KernelCommandLine.RootHash.join('= or ')}= is missing, empty or not hexadecimal`,
    readsDataDevice: verity && Verity.DataDevice !== undefined,
    verityDevice: verity ? verityDevicePath(settings) : usualVerityDevice,
    allowedOptions: optionsOf('command line'),
    droppedOptions: optionsOf(...dropped),
    usrOptions: mountedOptions(Usr.FileSystem, Usr.Options),
    alwaysOptions: [mountedOptions(Usr.FileSystem, Usr.FixedOptions), 'ro'].filter(Boolean).join(','),
    dropIn: override && Initrd.Init === 'systemd' ? dropIn : undefined,
    fileSystem: Usr.FileSystem,
    longestTimeout: Math.ceil(Devices.LongestTimeout),
  };
}
