/** The arguments of mkfs.vfat(8) and of mtools(1), which write a FAT file system in a file, without root. */
import type { Command } from './run.ts';

/** Makes an empty FAT32 in a file of its size. Same bytes each time, but for what is written to it later. */
export function fatArgs(image: string, label: string): Command {
  return { program: 'mkfs.vfat', args: ['-F', '32', '-n', label, '-i', 'b0074e1a', '--invariant', image] };
}

/** Makes directories, those above before those below. */
export function fatDirectoriesArgs(image: string, directories: readonly string[]): Command {
  return { program: 'mmd', args: ['-i', image, ...directories.map((directory) => `::${directory}`)] };
}

/** Copies a file of this machine to a path of the file system; one that is there is replaced. */
export function fatCopyArgs(image: string, source: string, path: string): Command {
  return { program: 'mcopy', args: ['-o', '-i', image, source, `::${path}`] };
}
