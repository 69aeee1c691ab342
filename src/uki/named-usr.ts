/** The /usr that a UKI or an addon is for: its root hash and the partitions of its slot, from what a caller gives. */
import type { PlatformConfig } from '../config/validate.ts';
import { type DeviceSpec, formatDevice } from '../config/value-types/devices.ts';
import { openDiskImage, partitionsOf, requireReadable } from '../disk/disk-image.ts';
import { builtInRootHash, readRootHash, rootHashNames } from '../disk/given-root-hash.ts';
import { type Slot, slotByLabel, usrPartitionsOf } from '../disk/slots.ts';
import { UsageError } from '../errors.ts';
import { rootHashOfTree } from '../initrd/hash-tree.ts';
import { withInput } from '../initrd/input.ts';
import { devicesOf } from '../plan/device-names.ts';
import type { NamedUsr } from './uki-words.ts';

export interface GivenUsr {
  /** In hexadecimal, or a file. */
  readonly rootHash?: string | undefined;
  /** A file with the hash tree. */
  readonly usr?: string | undefined;
  readonly slot?: Slot | undefined;
  /** A disk with the partitions of the slot. */
  readonly image?: string | undefined;
  /** An existing directory. */
  readonly work: string;
}

/** Throws UsageError where two of them contradict each other, or where one that is needed is not there. */
export async function namedUsr(config: PlatformConfig, given: GivenUsr): Promise<NamedUsr> {
  const { partitions, rootHash: onDisk } = await slotOf(config, given);
  const sources = [
    ['--root-hash', given.rootHash === undefined ? undefined : readRootHash(given.rootHash)],
    ['--usr', given.usr === undefined ? undefined : await rootHashOfFile(config, given.usr)],
    [`the partition of slot ${given.slot} in --image`, onDisk],
    ['Verity.RootHash', builtInRootHash(config)],
  ].filter((source): source is [string, string] => source[1] !== undefined);
  const [[name, rootHash] = ['', undefined], ...others] = sources;
  for (const [other, value] of others)
    if (value !== rootHash)
      throw new UsageError(
        `${name} says that the root hash is ${rootHash}, and ${other} that it is ${value}: they must be of the same /usr`,
      );
  const reads = rootHashNames(config.settings).length > 0;
  if (!reads && builtInRootHash(config) === undefined)
    for (const option of ['rootHash', 'usr'] as const)
      if (given[option] !== undefined)
        throw new UsageError(
          `--${option === 'usr' ? 'usr' : 'root-hash'}: stage 1 of this platform reads no root hash: Verity.RootHash=command-line is required, or the root hash itself`,
        );
  if (rootHash === undefined && reads)
    throw new UsageError(
      'stage 1 of this platform takes the root hash from the kernel command line: --root-hash HEX or FILE is required, or --usr FILE with the hash tree, or --slot with --image',
    );
  return { rootHash, partitions };
}

type Slotted = Pick<NamedUsr, 'partitions' | 'rootHash'>;

async function slotOf(config: PlatformConfig, { slot, image, work }: GivenUsr): Promise<Slotted> {
  if (slot === undefined) {
    if (image !== undefined)
      throw new UsageError('--image needs --slot A or B, whose partitions are taken from it');
    return { partitions: [], rootHash: undefined };
  }
  if (image === undefined)
    return { partitions: whereNamed(config, slotByLabel(config, slot)), rootHash: undefined };
  const disk = await openDiskImage(image, work);
  const found = usrPartitionsOf(config, partitionsOf(disk, '--slot'), slot);
  const tree = found.find(({ role }) => role === 'hash') ?? found.find(({ role }) => role === 'data');
  if (disk.format !== 'raw')
    throw new UsageError(`--image ${image}: a raw image is required, and it is ${disk.format}`);
  const rootHash =
    tree && config.settings.Verity.Verity === 'required'
      ? await withInput(disk.file, (input) => {
          const { start, size } = tree.partition;
          return rootHashOfTree(
            { ...input, name: `${image}, partition ${tree.partition.number},` },
            { start, end: start + size, offset: offsetOf(config) },
          );
        })
      : undefined;
  return { partitions: whereNamed(config, found), rootHash };
}

/** What the platform itself names needs no words where the kernel command line may name nothing else. */
function whereNamed({ settings }: PlatformConfig, found: NamedUsr['partitions']): NamedUsr['partitions'] {
  if (settings.KernelCommandLine.Override) return found;
  const own = devicesOf(settings);
  const textOf = (device: DeviceSpec | undefined) => device && formatDevice(device).toLowerCase();
  return found.filter(({ role, device }) => textOf(own[role]) !== textOf(device));
}

/** Where the platform says that the superblock is; undefined where that follows from the data. */
function offsetOf({ settings }: PlatformConfig): number | undefined {
  const { HashOffset } = settings.Verity;
  return HashOffset === 'auto' ? undefined : HashOffset;
}

/** Of a file with less than up to the platform's offset it is the hash tree alone. */
function rootHashOfFile(config: PlatformConfig, file: string): Promise<string> {
  requireReadable('--usr', file);
  return withInput(file, (input) => {
    const offset = offsetOf(config);
    return rootHashOfTree(input, { offset: (offset ?? 0) < input.size ? offset : undefined });
  });
}
