import { verityDevicePath } from '../../config/rules.ts';
import type { PlatformSettings } from '../../config/settings.ts';
import type { PlatformConfig } from '../../config/validate.ts';
import type { ProgramNeed, Step } from '../boot-plan.ts';
import { applets, hashAccelerator, modules, nothing, programs } from '../needs.ts';
import { sourceOf } from '../source.ts';
import { udevFiles, udevPrograms } from '../systemd.ts';
import { variable } from '../values.ts';

export interface VerityData {
  readonly name: string;
  readonly devicePath: string;
  readonly fileSystem: string;
  readonly hashOffset: number | 'auto';
  /** The hash tree is on a partition of its own, not behind the file system. */
  readonly separateHash: boolean;
  readonly hashOffsetWhere: string;
  readonly tool: VerityTool;
  /** The step makes the link in /dev/mapper. */
  readonly linksNode: boolean;
  /** What happens when a block does not match, as dm-verity's table and as veritysetup(8) name it; none for `error`. */
  readonly reaction: { readonly table: string; readonly flag: string } | undefined;
}

const reactions = {
  panic: { table: 'panic_on_corruption', flag: 'panic-on-corruption' },
  restart: { table: 'restart_on_corruption', flag: 'restart-on-corruption' },
  error: undefined,
} as const;

export type VerityTool = 'dm-create' | 'dmsetup' | 'veritysetup' | 'systemd-veritysetup';

const programsOfTool: Readonly<Record<VerityTool, readonly ProgramNeed[]>> = {
  'dm-create': [{ own: 'dm-create' }],
  dmsetup: programs('/usr/sbin/dmsetup'),
  veritysetup: programs('/usr/sbin/veritysetup'),
  'systemd-veritysetup': programs('/usr/lib/systemd/systemd-veritysetup'),
};

/** Verity.Tool, with `auto` decided by the form of stage 1. */
export function verityTool({ Initrd, Verity }: PlatformSettings): VerityTool {
  if (Verity.Tool !== 'auto') return Verity.Tool;
  return Initrd.Init === 'systemd' ? 'systemd-veritysetup' : 'dm-create';
}

export function setUpVerity(config: PlatformConfig): Step<VerityData> {
  const { Verity, Usr, KernelCommandLine } = config.settings;
  const fromCommandLine = Verity.RootHash === 'command-line';
  const tool = verityTool(config.settings);
  // The built-in one has 64 or 128 digits.
  const digests = ['sha256sum', 'sha512sum'].filter((_, index) =>
    fromCommandLine ? true : Verity.RootHash.length === 64 << index,
  );
  const udev = config.settings.Initrd.Init === 'systemd';
  const findsEnd = Verity.HashOffset === 'auto' && !Verity.HashDevice;
  // Without udev the others leave /dev/mapper without a link.
  const linksNode = !udev && tool !== 'dm-create';
  return {
    name: 'set-up-verity',
    explanation: [
      `Makes ${verityDevicePath(config.settings)} with ${tool}: every block that is read from it is checked against the root hash ${fromCommandLine ? `that ${KernelCommandLine.RootHash}= gives` : 'that is built in'}.`,
      'Requires first that the hash tree begins with the root hash: a wrong one has a reason of its own.',
      `A block that does not match: ${Verity.OnCorruption}, from the first read on.`,
    ],
    needs: {
      ...nothing,
      modules: [...modules('dm-verity'), hashAccelerator(config.settings)],
      kernelOptions: ['BLK_DEV_DM', 'DM_VERITY', 'CRYPTO_SHA256'],
      programs: [
        ...applets('dd', 'grep', 'od', ...digests, ...(linksNode ? ['ln'] : [])),
        ...programsOfTool[tool],
        ...programs(...(udev ? udevPrograms : [])),
      ],
      files: udev ? udevFiles : [],
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
    takes: ['usr_partition', ...(Verity.HashDevice ? ['hash_partition'] : []), 'root_hash'],
    leaves: [],
    waits: 0,
    failures: [
      ...(findsEnd ? (['usr-file-system-missing'] as const) : []),
      'verity-superblock-invalid',
      'root-hash-length',
      'verity-root-hash-mismatch',
      'verity-device-refused',
    ],
    data: {
      name: Verity.Name,
      devicePath: verityDevicePath(config.settings),
      fileSystem: Usr.FileSystem,
      hashOffset: Verity.HashDevice && Verity.HashOffset === 'auto' ? 0 : Verity.HashOffset,
      hashOffsetWhere: sourceOf(config, 'Verity.HashOffset'),
      separateHash: Verity.HashDevice !== undefined,
      tool,
      linksNode,
      reaction: reactions[Verity.OnCorruption],
    },
  };
}
