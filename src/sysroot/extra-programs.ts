/** The programs among the files of Initrd.ExtraFiles: what each needs to start in the minimal initrd. */
import { readFileSync } from 'node:fs';
import { type ExtraItem, readExtraFiles } from './extra-files.ts';
import { resolveInSysroot } from './paths.ts';

export interface ExtraProgram {
  readonly path: string;
  /** Its path in the sysroot without links: what tools are asked for. */
  readonly real: string;
  /** The number of its entry in the list. */
  readonly index: number;
}

/** The ELF files that can be started, and libraries with the permission to be. */
export function extraElfPrograms(sysroot: string, entries: readonly string[]): readonly ExtraProgram[] {
  return extraExecutables(sysroot, entries)
    .filter(({ head }) => head.startsWith('\u007fELF'))
    .map(({ path, index }) => ({ path, index, real: resolveInSysroot(sysroot, path) ?? path }));
}

/** A file that can be started: a program or a script. */
export interface Executable {
  readonly path: string;
  readonly index: number;
  /** Its first bytes, as latin1. */
  readonly head: string;
}

/** All files of ExtraFiles= that can be started. */
export function extraExecutables(sysroot: string, entries: readonly string[]): readonly Executable[] {
  return entries.flatMap((entry, index) =>
    readExtraFiles(sysroot, entry, 'followed')
      .items.filter(isExecutable)
      .map(({ path, source }) => ({ path, index, head: readFileSync(source).toString('latin1', 0, 256) })),
  );
}

function isExecutable(item: ExtraItem): item is Extract<ExtraItem, { type: 'file' }> {
  return item.type === 'file' && (item.mode & 0o111) !== 0;
}
