/** The arguments of tools that make disks. */
import type { Command } from './run.ts';

export interface Partition {
  /** GPT partition name: what PARTLABEL= finds. At most 36 characters. */
  readonly name: string;
  /** GPT type UUID. */
  readonly type: string;
  /** Partition UUID: what PARTUUID= finds. */
  readonly uuid: string;
  /** Bytes, in whole MiB. */
  readonly start: number;
  readonly size: number;
}

/** sfdisk(8) reads a script from standard input and writes a GPT to `disk`. */
export function sfdiskArgs(disk: string): Command {
  return { program: 'sfdisk', args: ['--quiet', '--no-reread', '--no-tell-kernel', disk] };
}

/** The script for sfdiskArgs(), with offsets in sectors of 512 bytes. It cannot quote labels, which setPartitionLabelArgs() sets. */
export function formatSfdiskScript(partitions: readonly Partition[], diskUuid: string): string {
  const lines = partitions.map(
    ({ type, uuid, start, size }) => `start=${start / 512}, size=${size / 512}, type=${type}, uuid=${uuid}`,
  );
  return ['label: gpt', `label-id: ${diskUuid}`, ...lines, ''].join('\n');
}

/** Copies a file into a disk image at `offset` bytes; holes stay holes. */
export function writeAtArgs(source: string, disk: string, offset: number): Command {
  const mebibyte = 1024 * 1024;
  const place = [`bs=${mebibyte}`, `seek=${offset / mebibyte}`, 'conv=notrunc,sparse', 'status=none'];
  return { program: 'dd', args: [`if=${source}`, `of=${disk}`, ...place] };
}

/** Copies `size` bytes of a disk image from `offset` into a file; holes stay holes. */
export function readAtArgs(disk: string, offset: number, size: number, target: string): Command {
  const place = [`skip=${offset}`, `count=${size}`, 'iflag=skip_bytes,count_bytes', 'bs=1M'];
  return { program: 'dd', args: [`if=${disk}`, `of=${target}`, ...place, 'conv=sparse', 'status=none'] };
}

/** Copies a file; blocks of zeros become holes. */
export function copySparseArgs(source: string, target: string): Command {
  return { program: 'cp', args: ['--sparse=always', '--reflink=auto', '--', source, target] };
}

/** Gives a partition of a GPT, by its number, another label. sfdisk(8). */
export function setPartitionLabelArgs(disk: string, partition: number, label: string): Command {
  const args = ['--quiet', '--no-tell-kernel', '--part-label', disk, String(partition), label];
  return { program: 'sfdisk', args };
}

/** Copies a tree: hard links where that is possible (the same file system), else real copies. */
export function copyTreeArgs(source: string, target: string, { link }: { link: boolean }): Command {
  return { program: 'cp', args: ['-a', ...(link ? ['--link'] : ['--reflink=auto']), '--', source, target] };
}
