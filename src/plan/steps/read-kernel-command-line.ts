import { dropped, mountedOptions, mountOptionsOf, type OptionUse } from '../../config/mount-options.ts';
import type { PlatformSettings } from '../../config/settings.ts';
import { type DeviceIdentifier, linksOf } from '../../config/value-types/devices.ts';
import { usualVerityDevice, verityDevicePath } from '../../config/verity-device.ts';
import { understoodNames } from '../device-names.ts';
import { applets, programs } from '../needs.ts';
import { onlyIf } from '../only-if.ts';
import { defineStep, type Said } from '../step.ts';
import { usrMountDropIns, usrMountUnit } from '../usr-mount.ts';

type ParameterKey = 'usrDevice' | 'usrFileSystem' | 'usrOptions' | 'hashDevice' | 'fecDevice' | 'rootHash';

/** The names of one parameter, the one that counts first. */
type Names = readonly [string, ...string[]];

interface LaterName {
  readonly name: string;
  /** An extended regular expression for a word that is one of the names before it. */
  readonly earlier: string;
}

interface KernelCommandLineView {
  readonly override: boolean;
  readonly parameters: Readonly<Record<ParameterKey, Names>>;
  /** Patterns for words of these parameters. */
  readonly given: Readonly<Record<ParameterKey, readonly string[]>>;
  /** Names that count only where none of those before them is given. */
  readonly laterNames: readonly LaterName[];
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
    const { override, separateHash, corrects, dropIn } = view;
    const listened = listenedOf(view);
    const values = [
      ...onlyIf(override, 'usr_device', 'usr_options'),
      ...onlyIf(override && separateHash, 'hash_device'),
      ...onlyIf(override && corrects, 'fec_device'),
      ...onlyIf(view.readsRootHash, 'root_hash'),
    ];
    return {
      explanation: [
        `Takes ${listened.map(writeNames).join(', ')} from the kernel command line, by the kernel's own quoting rules. Of several the last one wins.`,
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

/** The parameters that count, each with its names. */
function listenedOf({
  override,
  parameters,
  separateHash,
  corrects,
  readsRootHash,
}: Pick<
  KernelCommandLineView,
  'override' | 'parameters' | 'separateHash' | 'corrects' | 'readsRootHash'
>): readonly Names[] {
  return [
    ...onlyIf(override, parameters.usrDevice, parameters.usrFileSystem, parameters.usrOptions),
    ...onlyIf(override && separateHash, parameters.hashDevice),
    ...onlyIf(override && corrects, parameters.fecDevice),
    ...onlyIf(readsRootHash, parameters.rootHash),
  ];
}

function writeNames([first, ...others]: Names): string {
  return `${first}=${others.map((name) => ` (else ${name}=)`).join('')}`;
}

function parametersOf({ Verity, KernelCommandLine: names }: PlatformSettings): Record<ParameterKey, Names> {
  return {
    usrDevice: Verity.Verity === 'required' && Verity.DataDevice ? names.DataDevice : names.UsrDevice,
    usrFileSystem: names.UsrFileSystem,
    usrOptions: names.UsrOptions,
    hashDevice: names.HashDevice,
    fecDevice: names.FecDevice,
    rootHash: names.RootHash,
  };
}

function patternsOf(parameters: Record<ParameterKey, Names>): KernelCommandLineView['given'] {
  const patterns = Object.entries(parameters).map(([key, names]) => [key, names.map((name) => `${name}=`)]);
  return Object.fromEntries(patterns);
}

/** Names of parameters have no character that means something in a regular expression but the dot. */
function laterNamesOf(names: Names): readonly LaterName[] {
  return names.slice(1).map((name, index) => {
    const earlier = names.slice(0, index + 1).map((other) => other.replaceAll('.', '[.]'));
    return { name, earlier: `^"?(${earlier.join('|')})=` };
  });
}

function viewOf(settings: PlatformSettings): KernelCommandLineView {
  const { Initrd, KernelCommandLine, Usr, Verity } = settings;
  const override = KernelCommandLine.Override;
  const verity = Verity.Verity === 'required';
  const optionsOf = (...uses: readonly OptionUse[]) =>
    mountOptionsOf(Usr.FileSystem).flatMap(({ use, option }) => onlyIf(uses.includes(use), option));
  const understood = override ? understoodNames(settings) : new Set<DeviceIdentifier>();
  const dropIn = { unit: usrMountUnit, directory: usrMountDropIns };
  const counts = {
    override,
    parameters: parametersOf(settings),
    readsRootHash: readsRootHash(settings),
    separateHash: verity && Verity.HashDevice !== undefined,
    corrects: verity && Verity.FecDevice !== undefined,
  };
  return {
    ...counts,
    given: patternsOf(counts.parameters),
    laterNames: listenedOf(counts).flatMap(laterNamesOf),
    links: (['LABEL', 'UUID', 'PARTLABEL', 'PARTUUID'] as const)
      .filter((tag) => understood.has(tag))
      .map((tag) => ({ tag, directory: linksOf(tag) })),
    byUuid: understood.has('UUID'),
    byPartitionUuid: understood.has('PARTUUID'),
    lowers: understood.has('UUID') || understood.has('PARTUUID'),
    noRootHash: `${KernelCommandLine.RootHash.join('= or ')}= is missing, empty or not hexadecimal`,
    readsDataDevice: verity && Verity.DataDevice !== undefined,
    verityDevice: verity ? verityDevicePath(settings) : usualVerityDevice,
    allowedOptions: optionsOf('command line'),
    droppedOptions: optionsOf(...dropped),
    usrOptions: mountedOptions(Usr.FileSystem, Usr.Options),
    alwaysOptions: [mountedOptions(Usr.FileSystem, Usr.FixedOptions), 'ro'].filter(Boolean).join(','),
    dropIn: override && Initrd.Init === 'systemd' ? dropIn : undefined,
    fileSystem: Usr.FileSystem,
  };
}
