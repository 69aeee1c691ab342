/** Faults on a disk image that is given: what is written goes into a layer over it. */
import { writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { DiskImage } from '../disk/disk-image.ts';
import type { UsrPartition } from '../disk/slots.ts';
import { UsageError } from '../errors.ts';
import type { GuestDisk } from '../tools/qemu.ts';
import { imageLayerArgs, imageToRawArgs, writeToLayerArgs } from '../tools/qemu-img.ts';
import { run } from '../tools/run.ts';
import type { Fault, FaultDisk } from './faults/fault.ts';
import { isOfImage } from './faults/named-fault.ts';
import { placeOnDisk } from './faults/places.ts';

/** What of a boot is given, and can be changed for it. */
export interface Changeable {
  /** The kernel is started by QEMU, with a command line that is made here. */
  readonly kernel: boolean;
  /** The minimal initrd is given. */
  readonly initrd: boolean;
}

/** Why a fault cannot be had with a given image, and what helps; undefined where it can. */
export function reasonAgainst(fault: Fault, { kernel, initrd }: Changeable): string | undefined {
  const { commandLine, files = {}, firmware, disks = [] } = fault;
  if (fault.live) return 'it is one of a live system, whose /usr is on no disk';
  if (isOfImage(fault)) return 'it is one of the packed full initrd, which is in the /usr of the image';
  if (disks.some(({ damage }) => damage?.place.in === 'content of'))
    return 'it is in a file, and where that is in the /usr of the image is not known';
  if (disks.some(({ unreadable }) => unreadable)) return 'it needs a disk that QEMU reads without a layer';
  if (disks.some(({ label }) => label !== undefined)) return 'it changes the partition table';
  const late = fault.disks?.length === 0 || disks.some(({ plugged, unplugged }) => plugged || unplugged);
  if (late && !kernel) return 'the kernel is on the disk that is not there then: give --kernel and --initrd';
  if ((commandLine || firmware) && !kernel)
    return 'it changes the kernel command line, which is in the image: give --kernel and --initrd';
  if (Object.keys(files).length > 0 && !initrd)
    return 'it changes the minimal initrd, which is in the image: give --kernel and --initrd';
  if (Object.values(files).some((content) => typeof content === 'function'))
    return 'it changes a module of the minimal initrd, which must be built here';
  return undefined;
}

/** Throws UsageError where the fault cannot be had with a given image, or only with other settings than the image was made with. */
export function requireFault(
  name: string,
  fault: Fault,
  given: Changeable,
  changed: readonly string[],
): void {
  const reason = reasonAgainst(fault, given);
  if (reason !== undefined)
    throw new UsageError(`the fault ${name} cannot be had with --image: ${reason}; without --image it can`);
  if (changed.length > 0)
    throw new UsageError(
      `the fault ${name} needs ${changed.join(' and ')}, and the stage 1 of the image was made with other settings: boot an image that was made with these, or without --image`,
    );
}

/** A disk of the machine: a layer over the image, with what the fault writes. Throws ToolError, UsageError. */
export async function layerOver(
  image: DiskImage,
  fault: FaultDisk,
  usr: readonly UsrPartition[],
  layer: string,
): Promise<GuestDisk> {
  if (fault.file !== undefined) return { file: fault.file };
  await run(imageLayerArgs(image.file, image.format, layer));
  if (fault.damage) await writeDamage(image, fault.damage, usr, layer);
  return { file: layer, format: 'qcow2', ...(fault.plugged && { unplugged: true }) };
}

async function writeDamage(
  image: DiskImage,
  { place, bytes }: NonNullable<FaultDisk['damage']>,
  usr: readonly UsrPartition[],
  layer: string,
): Promise<void> {
  const data = usr.find(({ role }) => role === 'data')?.partition;
  if (!data) throw new UsageError('the platform names no partition of /usr, in which the fault is');
  const hash = usr.find(({ role }) => role === 'hash')?.partition ?? data;
  const starts = { usr: data.start, superblock: hash.start };
  const offset = placeOnDisk(await asRaw(image, layer), place, { sysroot: '', image: undefined, starts });
  const content = `${basename(layer)}-damage`;
  const directory = dirname(layer);
  writeFileSync(join(directory, content), bytes);
  await run(writeToLayerArgs(layer, offset, content, bytes.length), { cwd: directory });
}

/** A raw file to look for places in. */
async function asRaw({ file, format }: DiskImage, layer: string): Promise<string> {
  if (format === 'raw') return file;
  const raw = `${layer}-raw`;
  await run(imageToRawArgs(file, format, raw));
  return raw;
}

/** The file of the layer of that number. */
export function layerFile(work: string, index: number): string {
  return join(work, `layer-${index}.qcow2`);
}
