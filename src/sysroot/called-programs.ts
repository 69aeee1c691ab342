/** Does a program of a sysroot start another one by its path? One release does, an older one has no such program. */
import { readFileSync } from 'node:fs';
import { findProgram } from './initrd-programs.ts';
import { placeLibraries } from './libraries.ts';
import { fileInSysroot } from './paths.ts';
import { treeOfSysroot } from './sysroot-tree.ts';

/** Whether the program at `caller`, or a library that it needs, has `path` in it; true where there is no such program to ask. */
export function namesPath(sysroot: string, caller: string, path: string): boolean {
  const from = findProgram(sysroot, caller);
  if (from === undefined) return true;
  const { placed } = placeLibraries(treeOfSysroot(sysroot), [{ path: caller, from }]);
  const libraries = [...placed.values()].flatMap((item) => ('from' in item ? [item.from] : []));
  return [from, ...libraries].some((place) => {
    const file = fileInSysroot(sysroot, place);
    return file !== undefined && readFileSync(file).includes(path);
  });
}
