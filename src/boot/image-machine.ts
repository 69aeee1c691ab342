/** A machine around a disk image that is given, of which nothing is changed. */
import type { PlatformConfig } from '../config/validate.ts';
import {
  type DiskImage,
  openDiskImage,
  partitionsOf,
  requireEsp,
  requireReadable,
} from '../disk/disk-image.ts';
import {
  builtInRootHash,
  discoverableRootHash,
  readRootHash,
  rootHashNames,
} from '../disk/given-root-hash.ts';
import { type Slot, slotWords, type UsrPartition, usrPartitionsOf } from '../disk/slots.ts';
import { UsageError } from '../errors.ts';
import { type Architecture, consoleDevice, requireFirmware } from '../tools/qemu.ts';
import { type Fault, parameterNamesOf } from './faults/fault.ts';
import { type FaultyMachine, injectFault, withoutFault } from './faults/inject.ts';
import { layerFile, layerOver } from './image-faults.ts';
import { commandLineStrings, reportCredentials } from './report-credentials.ts';

export interface ImageOptions {
  readonly config: PlatformConfig;
  readonly image: string;
  /** A file; without it firmware boots the image. */
  readonly kernel: string | undefined;
  /** The minimal initrd, a file; none where the kernel has it. */
  readonly initrd: string | undefined;
  readonly append: string;
  readonly rootHash?: string | undefined;
  readonly slot?: Slot | undefined;
  readonly fault: Fault | undefined;
  readonly work: string;
}

export interface ImageMachine {
  readonly work: string;
  readonly image: DiskImage;
  readonly kernelImage: string | undefined;
  /** Undefined where only the kernel command line in the image tells it, or nothing. */
  readonly rootHash: string | undefined;
  readonly hardware: Omit<FaultyMachine, 'initrd'> & { readonly initrd: string | undefined };
  readonly oemStrings: readonly string[];
  /** Words that the loader in the image must add to the kernel command line; empty where QEMU starts the kernel. */
  readonly asked: string;
}

/** Throws UsageError where something that is needed is not there, ToolError. */
export async function makeImageMachine(options: ImageOptions): Promise<ImageMachine> {
  const { config, work, kernel, initrd } = options;
  requireFiles(options);
  const architecture = config.settings.Platform.Architecture;
  if (kernel === undefined || architecture === 'arm64') requireFirmware(architecture);
  const image = await openDiskImage(options.image, work);
  if (kernel === undefined) requireEsp(image);
  const usr = partitionsOfUsr(image, options);
  const rootHash = rootHashOf(image, usr, options);
  const words = [...wordsOf(usr, rootHash, options), options.append].filter(Boolean).join(' ');
  const commandLine = [...consoleWords(architecture), words].filter(Boolean).join(' ');
  const sound = { initrd: initrd ?? '', disk: image.file, commandLine, rootHash, ...nothingBuilt };
  const layer = (disk: object, index: number) => layerOver(image, disk, usr, layerFile(work, index));
  const names = parameterNamesOf(config.settings.KernelCommandLine);
  const hardware = options.fault
    ? await injectFault(options.fault, sound, names, work, layer)
    : { ...withoutFault(sound), disks: [await layer({}, 0)] };
  // SMBIOS of QEMU's virt machine comes with its firmware only.
  const firmware = kernel === undefined || architecture === 'arm64' ? { firmware: 'uefi' as const } : {};
  return {
    work,
    image,
    kernelImage: kernel,
    rootHash,
    hardware: { ...hardware, ...firmware, initrd: initrd === undefined ? undefined : hardware.initrd },
    oemStrings: [...reportCredentials(), ...(kernel === undefined ? commandLineStrings(commandLine) : [])],
    asked: kernel === undefined ? words : '',
  };
}

/** Nothing of a given image is made here. */
const nothingBuilt = { modules: '', usr: '', sources: { sysroot: '', image: undefined } };

function requireFiles({ kernel, initrd }: ImageOptions): void {
  if (initrd !== undefined && kernel === undefined)
    throw new UsageError(
      '--initrd with --image needs --kernel, the kernel that starts with it; without both UEFI firmware boots the image',
    );
  if (kernel !== undefined) requireReadable('--kernel', kernel);
  if (initrd !== undefined) requireReadable('--initrd', initrd);
}

/** What the console must show for a boot to be judged: all of it at once, and to the end. */
function consoleWords(architecture: Architecture): readonly string[] {
  return [
    `console=${consoleDevice(architecture)}`,
    'panic=-1',
    'loglevel=7',
    'printk.devkmsg=on',
    'systemd.log_target=kmsg',
  ];
}

/** The partitions of /usr, where they must be known. */
function partitionsOfUsr(image: DiskImage, { config, slot, fault }: ImageOptions): readonly UsrPartition[] {
  const damaged = fault?.disks?.some(({ damage }) => damage) === true;
  if (slot === undefined && !damaged) {
    // They may tell the root hash: where they are not there, somebody else does.
    if ('problem' in image.table) return [];
    try {
      return usrPartitionsOf(config, image.table, undefined);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      return [];
    }
  }
  const why = slot === undefined ? 'this fault' : '--slot';
  return usrPartitionsOf(config, partitionsOf(image, why), slot);
}

function rootHashOf(
  { table }: DiskImage,
  usr: readonly UsrPartition[],
  { config, rootHash }: ImageOptions,
): string | undefined {
  if (config.settings.Verity.Verity === 'no') return undefined;
  if (rootHash !== undefined) return readRootHash(rootHash);
  const data = usr.find(({ role }) => role === 'data')?.partition;
  const told = 'problem' in table ? undefined : discoverableRootHash(config, table, data);
  return builtInRootHash(config) ?? told;
}

/** Words for the slot, and for the root hash where the kernel command line is ours or is of another slot. */
function wordsOf(
  usr: readonly UsrPartition[],
  rootHash: string | undefined,
  { config, slot, kernel, append }: ImageOptions,
): readonly string[] {
  const named = slot === undefined ? [] : slotWords(config, usr);
  const names = rootHashNames(config.settings);
  const given = append.split(/[\s"]+/).some((word) => names.some((name) => word.startsWith(`${name}=`)));
  if (names.length === 0 || given || (kernel === undefined && slot === undefined)) return named;
  if (rootHash !== undefined) return [...named, `${names[0]}=${rootHash}`];
  throw new UsageError(
    `the platform takes the root hash from the kernel command line, and none is given: --root-hash HEX or FILE, or --append '${names[0]}=HEX'; only a disk with partitions of the GPT types of /usr and its hash tree tells it by their UUIDs`,
  );
}
