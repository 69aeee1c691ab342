/** A disk image that is given to be booted: what it is, and its partitions. It is only read. */
import { accessSync, closeSync, constants, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { FailedToolError, UsageError } from '../errors.ts';
import { type DiskFormat, imageFormats, imageHeadArgs, imageInfoArgs } from '../tools/qemu-img.ts';
import { run } from '../tools/run.ts';
import { espType } from './esp.ts';
import { type GptPartition, readGpt } from './gpt.ts';

export interface DiskImage {
  /** The absolute path. */
  readonly file: string;
  readonly format: DiskFormat;
  /** Bytes of the disk, whatever the file has. */
  readonly size: number;
  /** Its partitions; what there is instead where it has no GPT. */
  readonly table: readonly GptPartition[] | { readonly problem: string };
}

const mostHead = 1024 * 1024;

/** Programs that unpack what disk images come packed as, by the first bytes in hexadecimal. */
const packed: readonly (readonly [string, string])[] = [
  ['1f8b', 'gzip -dk'],
  ['425a68', 'bzip2 -dk'],
  ['fd377a585a00', 'xz -dk'],
  ['28b52ffd', 'zstd -d'],
];

/** Opens an image; `work` takes a copy of its beginning. Throws UsageError where it is none, ToolError. */
export async function openDiskImage(given: string, work: string): Promise<DiskImage> {
  const file = resolve(given);
  requireReadable('--image', given);
  requireUnpacked(given);
  const { format, size } = await askFormat(given, file);
  if (size < mostHead)
    throw new UsageError(
      `--image ${given} has ${size} bytes: a disk image is required, which has 1 MiB or more`,
    );
  const head = join(work, 'image-head');
  await run(imageHeadArgs(file, format, head));
  const gpt = readGpt(readFileSync(head));
  if ('problem' in gpt) return { file, format, size, table: gpt };
  if (gpt.end > size)
    throw new UsageError(
      `--image ${given} has ${size} bytes, and its GPT says that it has ${gpt.end}: the whole image is required; is it cut off?`,
    );
  return { file, format, size, table: gpt.partitions };
}

/** The file of an option. Throws UsageError where it is not one that can be read. */
export function requireReadable(option: string, file: string): void {
  const status = statSync(file, { throwIfNoEntry: false });
  if (!status) throw new UsageError(`${option} ${file}: there is no such file`);
  if (!status.isFile()) throw new UsageError(`${option} ${file}: a file is required, and it is none`);
  try {
    accessSync(file, constants.R_OK);
  } catch {
    throw new UsageError(`${option} ${file}: permission denied: a file is required that can be read`);
  }
}

function requireUnpacked(file: string): void {
  const bytes = Buffer.alloc(8);
  const descriptor = openSync(file, 'r');
  readSync(descriptor, bytes, 0, bytes.length, 0);
  closeSync(descriptor);
  const found = packed.find(([magic]) => bytes.toString('hex').startsWith(magic));
  if (found) throw new UsageError(`--image ${file} is compressed: unpack it first, with ${found[1]} ${file}`);
}

async function askFormat(given: string, file: string): Promise<{ format: DiskFormat; size: number }> {
  const info = JSON.parse(await readInfo(given, file)) as Record<string, unknown>;
  const format = imageFormats.find((name) => name === info.format);
  if (!format)
    throw new UsageError(
      `--image ${given} is an image of format ${info.format}: ${imageFormats.join(' or ')} is required; qemu-img convert -O qcow2 ${file} IMAGE.qcow2 makes one`,
    );
  return { format, size: Number(info['virtual-size']) };
}

/** An image that qemu-img refuses is no failure of qemu-img. */
async function readInfo(given: string, file: string): Promise<string> {
  try {
    return await run(imageInfoArgs(file));
  } catch (error) {
    if (!(error instanceof FailedToolError)) throw error;
    throw new UsageError(`--image ${given} is no image that can be opened: ${error.words}`);
  }
}

/** The partitions. Throws UsageError where there are none that can be read; `why` says what they are needed for. */
export function partitionsOf({ file, table }: DiskImage, why: string): readonly GptPartition[] {
  if (!('problem' in table)) return table;
  throw new UsageError(
    `--image ${file}: ${table.problem}; ${why} needs a disk with a GPT (sfdisk --dump shows it)`,
  );
}

/** Throws UsageError where firmware finds no system partition. */
export function requireEsp(image: DiskImage): void {
  const partitions = partitionsOf(image, 'a boot through UEFI firmware');
  if (partitions.some(({ type }) => type === espType)) return;
  throw new UsageError(
    `--image ${image.file} has no EFI system partition (GPT type ${espType}), from which UEFI firmware boots: give --kernel, and --initrd, to start these instead`,
  );
}

/** A partition for messages. */
export function formatPartition({ number, label, uuid }: GptPartition): string {
  return `${number} ${label === '' ? '(no label)' : label} PARTUUID=${uuid}`;
}
