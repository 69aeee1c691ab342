/** lddtree(1): the libraries of programs, found without running them. */
import type { Command } from './run.ts';

/** Lists `paths` of the sysroot and all libraries they need, the loader too, one a line as SYSROOT/path. */
export function lddtreeArgs(sysroot: string, paths: readonly string[]): Command {
  return { program: 'lddtree', args: ['-R', sysroot, '-l', ...paths] };
}

/** Prints the libraries of programs, each as a tree below its path: `NAME => None` for one that is not there. */
export function lddtreeTreeArgs(sysroot: string, paths: readonly string[]): Command {
  return { program: 'lddtree', args: ['-R', sysroot, '-a', ...paths] };
}
