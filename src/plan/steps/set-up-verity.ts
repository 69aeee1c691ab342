import type { PlatformSettings } from '../../config/settings.ts';
import type { PlatformConfig } from '../../config/validate.ts';
import { formatDevice } from '../../config/value-types.ts';
import { makesTable, type VerityTool, verityDevicePath, verityTool } from '../../config/verity-device.ts';
import type { ProgramNeed, Step } from '../boot-plan.ts';
import { applets, asks, hashAccelerator, nothing, options, programs } from '../needs.ts';
import { udevFiles, udevPrograms } from '../systemd.ts';
import { variable } from '../values.ts';

export interface VerityData {
  readonly name: string;
  readonly devicePath: string;
  readonly fileSystem: string;
  readonly hashOffset: number | 'auto';
  /** The hash tree is on a partition of its own, not behind the file system. */
  readonly separateHash: boolean;
  readonly tool: VerityTool;
  /** Stage 1 makes the table itself, from the verity superblock. */
  readonly makesTable: boolean;
  /** Where the signature of the root hash is in the minimal initrd. */
  readonly signature: string | undefined;
  readonly requiresSignature: boolean;
  /** Forward error correction: where its data are on their partition. */
  readonly correction: { readonly offset: number; readonly roots: number } | undefined;
  /** The step makes the link in /dev/mapper. */
  readonly linksNode: boolean;
  /** What happens when a block does not match, or cannot be read, as dm-verity's table names it; none for an I/O error. */
  readonly reactions: readonly string[];
  /** The first of them as veritysetup(8) names it. */
  readonly reactionFlag: string | undefined;
}

/** Optional parameters of dm-verity (Documentation/admin-guide/device-mapper/verity.rst); an I/O error is what it does anyway. */
function reactionsOf({ OnCorruption, OnError }: PlatformSettings['Verity']): readonly string[] {
  return [
    ...(OnCorruption === 'error' ? [] : [`${OnCorruption}_on_corruption`]),
    ...(OnError === 'error' ? [] : [`${OnError}_on_error`]),
  ];
}

const reactionToErrors = { version: '6.12', because: 'Verity.OnError' } as const;

const programsOfTool: Readonly<Record<VerityTool, readonly ProgramNeed[]>> = {
  'dm-create': [{ own: 'dm-create' }],
  dmsetup: programs('/usr/sbin/dmsetup'),
  veritysetup: programs('/usr/sbin/veritysetup'),
  'systemd-veritysetup': programs('/usr/lib/systemd/systemd-veritysetup'),
};

export function setUpVerity(config: PlatformConfig): Step<VerityData> {
  const { Verity, Usr, KernelCommandLine } = config.settings;
  const fromCommandLine = Verity.RootHash === 'command-line';
  const tool = verityTool(config.settings);
  const signature = Verity.RootHashSignature;
  // The built-in one has 64 or 128 digits.
  const digests = ['sha256sum', 'sha512sum'].filter((_, index) =>
    fromCommandLine ? true : Verity.RootHash.length === 64 << index,
  );
  const udev = config.settings.Initrd.Init === 'systemd';
  // Without udev the others leave /dev/mapper without a link.
  const linksNode = !udev && tool !== 'dm-create';
  return {
    name: 'set-up-verity',
    explanation: [
      ...(Verity.RequireSignature
        ? ['Requires that the kernel takes no verity device without a signature.']
        : []),
      `Makes ${verityDevicePath(config.settings)} with ${tool}: every block that is read from it is checked against the root hash ${fromCommandLine ? `that ${KernelCommandLine.RootHash}= gives` : 'that is built in'}.`,
      'Requires first that the hash tree begins with the root hash: a wrong one has a reason of its own.',
      ...(signature === undefined
        ? []
        : [`The kernel checks the signature in ${signature} with the keys that it trusts.`]),
      ...(Verity.FecDevice ? [`The kernel repairs blocks from ${formatDevice(Verity.FecDevice)}.`] : []),
      `A block that does not match: ${Verity.OnCorruption}, from the first read on. One that cannot be read: ${Verity.OnError}.`,
    ],
    needs: {
      ...nothing,
      modules: [
        {
          name: 'dm-verity',
          because: 'Verity.Verity',
          optional: false,
          parameters: Verity.RequireSignature ? ['require_signatures=1'] : [],
        },
        hashAccelerator(config.settings),
      ],
      kernelOptions: [
        ...asks('Verity.Verity', options('BLK_DEV_DM', 'DM_VERITY', 'CRYPTO_SHA256')),
        ...(signature !== undefined || Verity.RequireSignature
          ? asks(
              signature === undefined ? 'Verity.RequireSignature' : 'Verity.RootHashSignature',
              options('DM_VERITY_VERIFY_ROOTHASH_SIG'),
            )
          : []),
        ...(Verity.FecDevice ? asks('Verity.FecDevice', options('DM_VERITY_FEC')) : []),
      ],
      programs: [
        ...applets('dd', 'grep', 'od', ...digests, ...(linksNode ? ['ln'] : [])),
        ...asks('Verity.Tool', programsOfTool[tool]),
        ...asks('Initrd.Init', programs(...(udev ? udevPrograms : []))),
      ],
      files: [
        ...(udev ? udevFiles : []),
        ...(signature === undefined
          ? []
          : [
              {
                anyOf: [signature],
                hint: 'Verity.RootHashSignature names it: `openssl smime -sign` makes it',
              },
            ]),
      ],
      kernelVersions: Verity.OnError === 'error' ? [] : [reactionToErrors],
      units: udev ? ['systemd-udevd.service'] : [],
    },
    uses: [
      'data partition',
      'hash partition',
      ...(fromCommandLine ? (['command line values'] as const) : []),
    ],
    provides: ['usr device'],
    variables: [
      fromCommandLine
        ? {
            variable: 'root_hash',
            value: '',
            setting: 'Verity.RootHash',
            where: `from ${KernelCommandLine.RootHash}=`,
          }
        : variable(config, 'root_hash', 'Verity.RootHash', Verity.RootHash),
    ],
    takes: [
      'usr_partition',
      ...(Verity.HashDevice ? ['hash_partition'] : []),
      ...(Verity.FecDevice ? ['fec_partition'] : []),
      'root_hash',
    ],
    leaves: [],
    waits: 0,
    failures: [
      'device-unreadable',
      'usr-file-system-missing',
      'verity-superblock-invalid',
      'root-hash-length',
      'verity-root-hash-mismatch',
      ...(Verity.RequireSignature ? (['verity-signature-not-required'] as const) : []),
      'verity-device-refused',
    ],
    data: {
      name: Verity.Name,
      devicePath: verityDevicePath(config.settings),
      fileSystem: Usr.FileSystem,
      hashOffset: Verity.HashDevice && Verity.HashOffset === 'auto' ? 0 : Verity.HashOffset,
      separateHash: Verity.HashDevice !== undefined,
      tool,
      makesTable: makesTable(tool),
      signature,
      requiresSignature: Verity.RequireSignature,
      correction: Verity.FecDevice && { offset: Verity.FecOffset, roots: Verity.FecRoots },
      linksNode,
      reactions: reactionsOf(Verity),
      reactionFlag: Verity.OnCorruption === 'error' ? undefined : `${Verity.OnCorruption}-on-corruption`,
    },
  };
}
