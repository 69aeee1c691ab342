import { usesUsr } from '../../config/image-host.ts';
import { mayGoWithoutVerity } from '../../config/live-usr.ts';
import {
  dropped,
  mountedOptions,
  mountOptionsOf,
  type OptionUse,
  optionsWithUse,
} from '../../config/mount-options.ts';
import type { PlatformSettings } from '../../config/settings.ts';
import { type DeviceIdentifier, linkedTags, linksOf } from '../../config/value-types/devices.ts';
import { dissects, usualVerityDevice, verityDevicePath } from '../../config/verity-device.ts';
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
import { applets } from '../needs.ts';
import { onlyIf } from '../only-if.ts';
import { defineStep, type Said } from '../step.ts';
import { systemctl } from '../systemd.ts';
import { alwaysOptions, isFoundAtBoot, usrMountDropIns, usrMountUnit } from '../usr-mount.ts';
import { type VerityOptionUse, verityOptionsOf } from '../verity-options.ts';

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
  readonly byPartitionType: boolean;
  /** One of them. */
  readonly lowers: boolean;
  /** What is wrong where there is no root hash. */
  readonly noRootHash: string;
  /** A live system may be without a root hash, which a later step sees to. */
  readonly optional: boolean;
  /** Patterns for words that name a device of /usr; none where the platform knows no live system. */
  readonly namesUsr: readonly string[];
  /** The data device has a parameter of its own, which is read in the place of that of the /usr device. */
  readonly readsDataDevice: boolean;
  /** Names that stand for the device as the platform has it. */
  readonly ownDevices: readonly string[];
  /** Where different values for one setting stop the boot: patterns for the words of each. */
  readonly once: readonly { readonly name: string; readonly words: readonly string[] }[];
  /** What options of dm-verity do; undefined where none are read. */
  readonly verityOptions:
    | {
        readonly soAnyway: readonly string[];
        readonly refused: readonly string[];
        readonly corrects: boolean;
      }
    | undefined;
  /** Options that the kernel command line may set, and those that say nothing to the kernel. */
  readonly allowedOptions: readonly string[];
  readonly droppedOptions: readonly string[];
  /** Those that stage 1 adds itself to the file system. */
  readonly addedOptions: readonly string[];
  readonly adds: boolean;
  /** The options of the platform, and those that are there always. */
  readonly usrOptions: string;
  readonly alwaysOptions: string;
  /** Where other mount options reach the mount unit of /usr; undefined where a script mounts it. */
  readonly dropIn: { readonly unit: string; readonly directory: string } | undefined;
  readonly fileSystem: string;
  readonly fileSystems: readonly string[];
  readonly fileSystemNames: string;
  /** A later step finds out which of several it is, and judges the mount options. */
  readonly found: boolean;
  readonly judges: boolean;
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
    const { override, dropIn, given, found, judges } = view;
    const values = parameters.flatMap(({ variable }) => (variable === undefined ? [] : [variable]));
    const forLater = onlyIf(override && found, 'given_file_system', 'given_options', 'options_by');
    const named = onlyIf(view.namesUsr.length > 0, 'usr_named');
    return {
      explanation: [
        `Takes ${parameters.map(writeParameter).join(', ')} from the kernel command line, by the kernel's own quoting rules. Of several the last one wins.`,
      ],
      needs: {
        programs: [
          ...applets('grep', ...onlyIf(dropIn, 'mkdir'), ...onlyIf(view.lowers, 'tr')),
          ...onlyIf(dropIn, systemctl),
        ],
      },
      uses: ['kernel file systems', ...onlyIf(given.timeout ?? view.verityOptions, 'kernel log')],
      provides: ['command line values'],
      // The offset has no value before: the step that uses it has the platform's.
      reads: values.filter((value) => value !== 'hash_offset'),
      writes: [...values, ...forLater, ...named],
      reasons: [
        'program-missing',
        'run-unwritable',
        ...onlyIf(override, 'file-system-unsupported'),
        ...onlyIf(judges, 'usr-options-refused'),
        ...onlyIf(given.rootHash, 'root-hash-missing'),
        ...onlyIf(view.verityOptions, 'verity-options-refused'),
        ...onlyIf(view.once.length, 'parameter-repeated'),
      ],
      view,
    };
  },
});

function viewOf(settings: PlatformSettings, parameters: readonly KernelParameter[]): KernelCommandLineView {
  const { Devices, Initrd, KernelCommandLine, Usr, Verity } = settings;
  const override = KernelCommandLine.Override && usesUsr(settings);
  const verity = Verity.Verity === 'required';
  const found = isFoundAtBoot(settings);
  const judges = override && !found;
  const [fileSystem] = Usr.FileSystem;
  const optionsOf = (...uses: readonly OptionUse[]) =>
    mountOptionsOf(fileSystem).flatMap(({ use, option }) => onlyIf(uses.includes(use), option));
  const addedOptions = optionsWithUse(fileSystem, dropped);
  const understood = override ? understoodNames(settings) : new Set<DeviceIdentifier>();
  const refuses = KernelCommandLine.Repeated === 'refuse';
  const dropIn = { unit: usrMountUnit, directory: usrMountDropIns };
  const given = parameters.map(({ key, names }) => [key, names.map((name) => `${name}=`)]);
  return {
    override,
    given: Object.fromEntries(given),
    laterNames: parameters.flatMap(laterNamesOf),
    links: linkedTags.filter((tag) => understood.has(tag)).map((tag) => ({ tag, directory: linksOf(tag) })),
    byUuid: understood.has('UUID'),
    byPartitionUuid: understood.has('PARTUUID'),
    byPartitionType: understood.has('PARTTYPE'),
    lowers: (['UUID', 'PARTUUID', 'PARTTYPE'] as const).some((by) => understood.has(by)),
    optional: mayGoWithoutVerity(settings),
    namesUsr: liveParametersOf(settings).map((name) => `${name}=`),
    noRootHash: `${KernelCommandLine.RootHash.join('= or ')}= is missing, empty or not hexadecimal`,
    readsDataDevice: verity && Verity.DataDevice !== undefined,
    ownDevices: [
      verity ? verityDevicePath(settings) : usualVerityDevice,
      ...onlyIf(dissects(settings), 'dissect'),
    ],
    once: refuses
      ? parameters.map(({ names }) => ({ name: names[0], words: names.map((name) => `${name}=`) }))
      : [],
    verityOptions: parameters.some(({ key }) => key === 'verityOptions')
      ? {
          soAnyway: verityWords(settings, 'so anyway'),
          refused: verityWords(settings, 'refused'),
          corrects: Verity.FecDevice !== undefined,
        }
      : undefined,
    allowedOptions: optionsOf('command line'),
    droppedOptions: optionsWithUse('any', dropped),
    addedOptions,
    adds: addedOptions.length > 0,
    usrOptions: mountedOptions(fileSystem, Usr.Options),
    alwaysOptions: alwaysOptions(fileSystem, settings),
    dropIn: judges && Initrd.Init === 'systemd' ? dropIn : undefined,
    fileSystem,
    fileSystems: Usr.FileSystem,
    fileSystemNames: Usr.FileSystem.join(', '),
    found,
    judges,
    longestTimeout: Math.ceil(Devices.LongestTimeout),
  };
}

function verityWords(settings: PlatformSettings, use: VerityOptionUse): readonly string[] {
  return verityOptionsOf(settings).flatMap((row) => onlyIf(row.use === use, row.option));
}
