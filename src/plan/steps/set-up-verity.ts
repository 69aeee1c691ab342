import { imageHost, usesUsr } from '../../config/image-host.ts';
import { mayGoWithoutVerity } from '../../config/live-usr.ts';
import type { PlatformSettings } from '../../config/settings.ts';
import type { PlatformConfig } from '../../config/validate.ts';
import { formatDevice } from '../../config/value-types/devices.ts';
import { isDigest } from '../../config/value-types/hashes.ts';
import { writeSize } from '../../config/value-types/sizes.ts';
import {
  dissects,
  hashPartition,
  hasOwnHashPartition,
  makesTable,
  readsSignature,
  signatureFile,
  type VerityTool,
  verifiedFileSystems,
  verityDevicePath,
  verityTool,
} from '../../config/verity-device.ts';
import { parametersOf } from '../kernel-parameters.ts';
import type { KernelOptionNeed, Needs, ProgramNeed } from '../need.ts';
import { applets, asks, hashAccelerator, options } from '../needs.ts';
import { onlyIf } from '../only-if.ts';
import type { ReasonName } from '../reasons.ts';
import { variable } from '../source.ts';
import { defineStep, type Fact, type Said, type Variable } from '../step.ts';
import { udevFiles, udevPrograms, udevUnit } from '../systemd.ts';
import { isFoundAtBoot } from '../usr-mount.ts';

/** What is verified: the partition of /usr, or the image on another, which is a file or the partition itself. */
type DataValue = 'usr_partition' | 'image_device' | 'image_partition';

function dataValue(settings: PlatformSettings): DataValue {
  const host = imageHost(settings);
  if (!host) return 'usr_partition';
  return host.files ? 'image_device' : 'image_partition';
}

interface VerityView {
  /** The value that names what is verified, and what it is a boot stops with where that holds another file system. */
  readonly data: DataValue;
  readonly notThere: ReasonName;
  /** It is the image on a partition, not /usr. */
  readonly host: boolean;
  readonly name: string;
  readonly devicePath: string;
  /** The file systems of it, which tell where its superblock has its size; of several an earlier step has found which. */
  readonly endOf: Readonly<Record<string, boolean>>;
  readonly found: boolean;
  readonly hashOffset: number | 'auto';
  /** The same with a unit, such as 1016M; empty where it has none. */
  readonly hashOffsetText: string;
  readonly fixedOffset: boolean;
  /** The kernel command line may give another offset. */
  readonly givenOffset: boolean;
  /** The value that takes the platform's offset. */
  readonly ownOffset: 'own_offset' | 'hash_offset';
  /** The partition that is named for the hash tree may turn out to be that of the data. */
  readonly bothMayBeOne: boolean;
  /** The same, and the offset follows from it. */
  readonly maybeSame: boolean;
  /** The hash tree is on a partition of its own, not behind the file system. */
  readonly separateHash: boolean;
  /** The value that names the partition of the hash tree. */
  readonly hashPartition: 'hash_partition' | DataValue;
  /** The program that makes the device. */
  readonly opens: Readonly<Record<string, boolean>>;
  /** Stage 1 makes the table itself, from the verity superblock. */
  readonly makesTable: boolean;
  /** Where the signature of the root hash is in the minimal initrd. */
  readonly signature: string | undefined;
  readonly requiresSignature: boolean;
  /** Forward error correction: where its data are on their partition. */
  readonly correction:
    | { readonly offset: number; readonly offsetText: string; readonly roots: number }
    | undefined;
  /** udev runs, and knows the device. */
  readonly udev: boolean;
  /** The step makes the link in /dev/mapper. */
  readonly linksNode: boolean;
  /** What happens when a block does not match, or cannot be read, as dm-verity's table names it; none for an I/O error. */
  readonly reactions: readonly string[];
  readonly reactionCount: number;
  /** The first of them as veritysetup(8) names it. */
  readonly reactionFlag: string | undefined;
}

export const setUpVerity = defineStep({
  name: 'set-up-verity',
  summary:
    'the sizes that the superblocks tell of must fit the device, and the hash tree must begin with the root hash; then the device, with the table from the verity superblock and OnCorruption from the first read on',
  when: ({ Verity }) => Verity.Verity === 'required',
  plan(config): Said<VerityView> {
    const { settings } = config;
    const { Verity } = settings;
    const devicePath = verityDevicePath(settings);
    const usr = usesUsr(settings);
    return {
      explanation: explanationOf(settings),
      needs: needsOf(settings),
      uses: [
        'kernel file systems',
        ...factsOfData(settings),
        ...onlyIf(isFoundAtBoot(settings), 'usr file system'),
        ...onlyIf(hashPartition(settings), 'hash partition'),
        ...onlyIf(Verity.RootHash === 'command-line', 'command line values'),
        ...onlyIf(mayGoWithoutVerity(settings), 'live usr'),
      ],
      provides: [usr ? 'usr device' : 'verified image'],
      places: { 'usr device': devicePath, 'verified image': devicePath },
      variables: [rootHashOf(config)],
      unless: mayGoWithoutVerity(settings) ? 'unverified_usr' : undefined,
      reads: [
        dataValue(settings),
        ...onlyIf(isFoundAtBoot(settings), 'usr_file_system'),
        ...onlyIf(hashPartition(settings), 'hash_partition'),
        ...onlyIf(Verity.FecDevice, 'fec_partition'),
        'root_hash',
        ...onlyIf(listensToOffset(settings), 'hash_offset'),
      ],
      reasons: reasonsOf(settings),
      view: viewOf(settings),
      systemd: {
        by: 'script',
        // A mount unit of /usr waits for the device.
        ...(usr && { after: [udevUnit], device: devicePath, starts: asks('Initrd.Init', udevPrograms) }),
      },
    };
  },
});

function explanationOf(settings: PlatformSettings): readonly string[] {
  const { Verity, KernelCommandLine } = settings;
  const rootHash =
    {
      'command-line': `that ${KernelCommandLine.RootHash.join('= or ')}= gives`,
      signature: 'that the signature partition has',
    }[Verity.RootHash] ?? 'that is built in';
  return [
    ...onlyIf(
      Verity.RequireSignature,
      'Requires that the kernel takes no verity device without a signature.',
    ),
    `Makes ${verityDevicePath(settings)} with ${verityTool(settings)}: every block that is read from it is checked against the root hash ${rootHash}.`,
    'Requires first that the hash tree begins with the root hash: a wrong one has a reason of its own.',
    ...onlyIf(
      Verity.RootHashSignature,
      `The kernel checks the signature ${readsSignature(settings) ? 'of the signature partition' : `in ${Verity.RootHashSignature}`} with the keys that it trusts.`,
    ),
    ...(Verity.FecDevice ? [`The kernel repairs blocks from ${formatDevice(Verity.FecDevice)}.`] : []),
    `A block that does not match: ${Verity.OnCorruption}, from the first read on. One that cannot be read: ${Verity.OnError}.`,
  ];
}

const programsOfTool: Readonly<Record<VerityTool, (verity: PlatformSettings['Verity']) => ProgramNeed>> = {
  'dm-create': () => ({ own: 'dm-create' }),
  dmsetup: () => ({ program: '/usr/sbin/dmsetup' }),
  veritysetup: () => ({ program: '/usr/sbin/veritysetup' }),
  // veritytab(5): all but the root hash's signature and the reactions are of systemd 254. An older one ignores them.
  'systemd-veritysetup': ({ FecDevice }) => ({
    program: '/usr/lib/systemd/systemd-veritysetup',
    knows: ['hash-offset=', ...onlyIf(FecDevice, 'fec-device=', 'fec-offset=', 'fec-roots=')],
  }),
};

/** The program that makes the verity device, and takes it away. */
export function verityProgram(settings: PlatformSettings): ProgramNeed {
  return programsOfTool[verityTool(settings)](settings.Verity);
}

const reactionToErrors = { version: '6.12', because: 'Verity.OnError' } as const;

function needsOf(settings: PlatformSettings): Partial<Needs> {
  const { Verity, Initrd } = settings;
  const signature = readsSignature(settings) ? undefined : Verity.RootHashSignature;
  return {
    modules: [
      {
        name: 'dm-verity',
        because: 'Verity.Verity',
        optional: false,
        parameters: onlyIf(Verity.RequireSignature, 'require_signatures=1'),
      },
      hashAccelerator(settings),
    ],
    kernelOptions: kernelOptionsOf(settings),
    programs: [
      ...applets('dd', 'grep', 'od', 'sha256sum', 'sha512sum', ...onlyIf(linksNode(settings), 'ln')),
      ...asks('Verity.Tool', [verityProgram(settings)]),
    ],
    files: [
      ...onlyIf(Initrd.Init === 'systemd' && usesUsr(settings), ...asks('Initrd.Init', udevFiles)),
      ...(signature === undefined
        ? []
        : asks('Verity.RootHashSignature', [{ anyOf: [signature], hint: hintOfSignature }])),
    ],
    kernelVersions: onlyIf(Verity.OnError !== 'error', reactionToErrors),
  };
}

const hintOfSignature = 'Verity.RootHashSignature names it: `openssl smime -sign` makes it';

function kernelOptionsOf({ Verity }: PlatformSettings): readonly KernelOptionNeed[] {
  const signed = options('DM_VERITY_VERIFY_ROOTHASH_SIG');
  return [
    ...asks('Verity.Verity', options('BLK_DEV_DM', 'DM_VERITY', 'CRYPTO_SHA256')),
    ...(Verity.RootHashSignature === undefined
      ? onlyIf(Verity.RequireSignature, ...asks('Verity.RequireSignature', signed))
      : asks('Verity.RootHashSignature', signed)),
    ...onlyIf(Verity.FecDevice, ...asks('Verity.FecDevice', options('DM_VERITY_FEC'))),
  ];
}

/** What a boot stops with where the data do not hold the file system, or not all of it. */
function notThere(settings: PlatformSettings): ReasonName {
  return usesUsr(settings) ? 'usr-file-system-missing' : 'image-unmountable';
}

function factsOfData(settings: PlatformSettings): readonly Fact[] {
  if (usesUsr(settings)) return ['data partition'];
  return imageHost(settings)?.files ? ['image device'] : ['image partition'];
}

function reasonsOf(settings: PlatformSettings): readonly ReasonName[] {
  const { Verity } = settings;
  return [
    'device-unreadable',
    notThere(settings),
    'verity-superblock-invalid',
    'root-hash-length',
    'verity-root-hash-mismatch',
    ...onlyIf(Verity.RequireSignature, 'verity-signature-not-required'),
    'verity-device-refused',
  ];
}

/** True where the kernel command line may say where the verity superblock is. */
function listensToOffset(settings: PlatformSettings): boolean {
  return parametersOf(settings).some(({ key }) => key === 'verityOptions');
}

/** The root hash that is built in, or a place for that of the kernel command line, or of the disk. */
function rootHashOf(config: PlatformConfig): Variable {
  const { Verity, KernelCommandLine } = config.settings;
  if (isDigest(Verity.RootHash)) return variable(config, 'root_hash', 'Verity.RootHash', Verity.RootHash);
  const where =
    {
      signature: 'from the signature partition',
      image: 'build --image builds it in',
      'command-line': `from ${KernelCommandLine.RootHash.join('= or ')}=`,
    }[Verity.RootHash] ?? '';
  return { variable: 'root_hash', value: '', setting: 'Verity.RootHash', where };
}

/** Without udev all programs but bootrelay's own leave /dev/mapper without a link. */
function linksNode(settings: PlatformSettings): boolean {
  const udev = settings.Initrd.Init === 'systemd' && usesUsr(settings);
  return !udev && verityTool(settings) !== 'dm-create';
}

/** Optional parameters of dm-verity (Documentation/admin-guide/device-mapper/verity.rst); an I/O error is what it does anyway. */
function reactionsOf({ OnCorruption, OnError }: PlatformSettings['Verity']): readonly string[] {
  return [
    ...onlyIf(OnCorruption !== 'error', `${OnCorruption}_on_corruption`),
    ...onlyIf(OnError !== 'error', `${OnError}_on_error`),
  ];
}

function viewOf(settings: PlatformSettings): VerityView {
  const { Verity, Initrd } = settings;
  const hash = hashPartition(settings);
  // The kernel command line may name the data's own partition.
  const named = settings.KernelCommandLine.Override && usesUsr(settings) && !dissects(settings);
  const bothMayBeOne = hash !== undefined && (named || !hasOwnHashPartition(settings));
  const hashOffset = hash && Verity.HashOffset === 'auto' ? 0 : Verity.HashOffset;
  const reactions = reactionsOf(Verity);
  const tool = verityTool(settings);
  return {
    data: dataValue(settings),
    notThere: notThere(settings),
    host: !usesUsr(settings),
    udev: Initrd.Init === 'systemd' && usesUsr(settings),
    name: Verity.Name,
    devicePath: verityDevicePath(settings),
    endOf: Object.fromEntries(verifiedFileSystems(settings).map((name) => [name, true])),
    found: isFoundAtBoot(settings),
    hashOffset,
    hashOffsetText: hashOffset === 'auto' ? '' : unitText(hashOffset),
    fixedOffset: hashOffset !== 'auto',
    givenOffset: listensToOffset(settings),
    ownOffset: listensToOffset(settings) ? 'own_offset' : 'hash_offset',
    separateHash: hash !== undefined,
    maybeSame: bothMayBeOne && Verity.HashOffset === 'auto',
    bothMayBeOne,
    hashPartition: hash ? 'hash_partition' : dataValue(settings),
    opens: { [tool]: true },
    makesTable: makesTable(tool),
    signature: signatureFile(settings),
    requiresSignature: Verity.RequireSignature,
    correction: Verity.FecDevice && {
      offset: Verity.FecOffset,
      offsetText: unitText(Verity.FecOffset),
      roots: Verity.FecRoots,
    },
    linksNode: linksNode(settings),
    reactions,
    reactionCount: reactions.length,
    reactionFlag: Verity.OnCorruption === 'error' ? undefined : `${Verity.OnCorruption}-on-corruption`,
  };
}

/** An offset as a platform file writes it; empty where that is the plain number. */
function unitText(bytes: number): string {
  const text = writeSize(bytes);
  return text === String(bytes) ? '' : text;
}
