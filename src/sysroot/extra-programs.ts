/** The programs, scripts and libraries among the files of Initrd.ExtraFiles: what each needs to start in the minimal initrd. */
import { closeSync, openSync, readSync } from 'node:fs';
import { isElf } from './elf.ts';
import { type ExtraItem, readExtraFiles } from './extra-files.ts';
import { mergeUsr } from './paths.ts';

/** A file that can be started, or a library. */
export interface ExtraProgram {
  /** Its path in the sysroot. */
  readonly path: string;
  /** The number of its entry in the list. */
  readonly index: number;
  /** Its first bytes. */
  readonly head: Buffer;
}

const [program, library] = [2, 3]; // ET_EXEC, ET_DYN

/** The ELF files that can be started or loaded. */
export function extraElfPrograms(sysroot: string, entries: readonly string[]): readonly ExtraProgram[] {
  return extraItems(sysroot, entries)
    .map(({ path, index, source }) => ({ path, index, head: headOf(source) }))
    .filter(({ head }) => isElf(head) && [program, library].includes(head.readUInt16LE(0x10)));
}

/** All files that can be started. */
export function extraExecutables(sysroot: string, entries: readonly string[]): readonly ExtraProgram[] {
  return extraItems(sysroot, entries)
    .filter(({ mode }) => (mode & 0o111) !== 0)
    .map(({ path, index, source }) => ({ path, index, head: headOf(source) }));
}

type FileItem = Extract<ExtraItem, { type: 'file' }> & { readonly index: number };

function extraItems(sysroot: string, entries: readonly string[]): readonly FileItem[] {
  return entries.flatMap((entry, index) =>
    readExtraFiles(sysroot, entry, 'followed').items.flatMap((item) =>
      item.type === 'file' ? [{ ...item, index }] : [],
    ),
  );
}

/** The place in the minimal initrd of something at a path of the sysroot. */
export function placeOfExtra(path: string): string {
  return mergeUsr(`${path}/`).slice(0, -1);
}

/** As much as the kernel looks at (execve(2)). */
const headSize = 256;

/** The first bytes of a file. */
export function headOf(file: string): Buffer {
  const bytes = Buffer.alloc(headSize);
  const descriptor = openSync(file, 'r');
  try {
    return bytes.subarray(0, readSync(descriptor, bytes));
  } finally {
    closeSync(descriptor);
  }
}
