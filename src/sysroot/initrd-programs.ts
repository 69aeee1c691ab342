/** The programs of a minimal initrd, and all that they need to start there. */
import { type BootPlan, needsOfPlan } from '../plan/boot-plan.ts';
import { busyboxPath, findBusybox } from './applets.ts';
import { readExtraFiles } from './extra-files.ts';
import { extraElfPrograms, placeOfExtra } from './extra-programs.ts';
import { type Libraries, type Placed, type Program, placeLibraries } from './libraries.ts';
import { placeInSysroot } from './paths.ts';
import { treeOfSysroot } from './sysroot-tree.ts';

export interface InitrdPrograms {
  /** Those of the plan that the sysroot has. */
  readonly planned: readonly Program[];
  /** Those of Initrd.ExtraFiles, each with the number of its entry. */
  readonly extra: readonly (Program & { readonly index: number })[];
  readonly libraries: Libraries;
}

/** Programs of the plan and of ExtraFiles, with the libraries that come along. */
export function programsOfInitrd(
  plan: BootPlan,
  sysroot: string,
  extraFiles: readonly string[],
): InitrdPrograms {
  const unused = new Map(
    needsOfPlan(plan).programs.flatMap((need) =>
      'program' in need ? [[need.program, need.without] as const] : [],
    ),
  );
  const planned = plannedPrograms(plan).flatMap((path) => {
    const from = findProgram(sysroot, path);
    return from === undefined ? [] : [{ path, from, without: unused.get(path) }];
  });
  const extra = extraElfPrograms(sysroot, extraFiles)
    .map(({ path, index }) => ({ path: placeOfExtra(path), from: path, index }))
    .filter(({ path }) => !planned.some((program) => program.path === path));
  const tree = treeOfSysroot(sysroot);
  const has = extraFiles.flatMap((entry) =>
    readExtraFiles(sysroot, entry, 'followed').items.flatMap(
      (item): readonly (readonly [string, Placed])[] => {
        if (item.type === 'dir') return [];
        const placed =
          item.type === 'link' ? { target: item.target } : { from: tree.resolve(item.path) ?? '' };
        return [[placeOfExtra(item.path), placed]];
      },
    ),
  );
  return { planned, extra, libraries: placeLibraries(tree, [...planned, ...extra], new Map(has)) };
}

/** busybox and what the steps start besides, by their paths in the minimal initrd. */
export function plannedPrograms(plan: BootPlan): readonly string[] {
  const programs = needsOfPlan(plan).programs.flatMap((need) => ('program' in need ? [need.program] : []));
  return [busyboxPath, ...programs.filter((path) => path !== busyboxPath)];
}

/** Where a sysroot has a program that the minimal initrd has at `path`: there, or where other systems have it. */
export function findProgram(sysroot: string, path: string): string | undefined {
  if (path === busyboxPath) return findBusybox(sysroot);
  const other = path.replace(/^\/usr\/(s?)bin\//, (_, s) => (s === '' ? '/usr/sbin/' : '/usr/bin/'));
  return placeInSysroot(sysroot, path) ?? placeInSysroot(sysroot, other);
}
