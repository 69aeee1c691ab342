/** The programs among the files of Initrd.ExtraFiles: what each needs to start in the minimal initrd. */
import { readFileSync } from 'node:fs';
import { busyboxPath } from '../check/programs.ts';
import { placeOfEntry } from '../config/place.ts';
import type { PlatformConfig } from '../config/validate.ts';
import { type Finding, finding } from '../findings.ts';
import { type BootPlan, needsOfPlan } from '../plan/boot-plan.ts';
import { neededLibraries } from './elf.ts';
import { type ExtraItem, readExtraFiles } from './extra-files.ts';
import { fileInSysroot, mergeUsr, resolveInSysroot } from './paths.ts';

export interface ExtraProgram {
  readonly path: string;
  /** Its path in the sysroot without links: what tools are asked for. */
  readonly real: string;
  /** The number of its entry in the list. */
  readonly index: number;
}

/** The ELF files that can be started, and libraries with the permission to be. */
export function extraElfPrograms(sysroot: string, entries: readonly string[]): readonly ExtraProgram[] {
  return executables(sysroot, entries)
    .filter(({ head }) => head.startsWith('\u007fELF'))
    .map(({ path, index }) => ({ path, index, real: resolveInSysroot(sysroot, path) ?? path }));
}

interface Executable {
  readonly path: string;
  readonly index: number;
  /** Its first bytes, as latin1. */
  readonly head: string;
}

function executables(sysroot: string, entries: readonly string[]): readonly Executable[] {
  return entries.flatMap((entry, index) =>
    readExtraFiles(sysroot, entry, 'followed')
      .items.filter(isExecutable)
      .map(({ path, source }) => ({ path, index, head: readFileSync(source).toString('latin1', 0, 256) })),
  );
}

function isExecutable(item: ExtraItem): item is Extract<ExtraItem, { type: 'file' }> {
  return item.type === 'file' && (item.mode & 0o111) !== 0;
}

/** Scripts without their interpreter, and programs with a library that no tool can follow. */
export function checkExtraPrograms(
  config: PlatformConfig,
  plan: BootPlan,
  sysroot: string,
): readonly Finding[] {
  const entries = config.settings.Initrd.ExtraFiles;
  return [
    ...checkInterpreters(config, plan, executables(sysroot, entries)),
    ...extraElfPrograms(sysroot, entries).flatMap((program) => checkNeeded(config, program, sysroot)),
  ];
}

function checkInterpreters(
  config: PlatformConfig,
  plan: BootPlan,
  found: readonly Executable[],
): readonly Finding[] {
  const startable = new Set([...found.map(({ path }) => mergeUsr(path)), ...programsOfPlan(plan)]);
  return found.flatMap(({ path, index, head }) => {
    const interpreter = /^#! *(\S+)/.exec(head)?.[1];
    if (interpreter === undefined || startable.has(mergeUsr(interpreter))) return [];
    const message = `the minimal initrd must have ${interpreter}, which starts ${path}`;
    const hint = `add it: ExtraFiles=${interpreter}`;
    return [
      finding('program-missing', message, { ...placeOfEntry(config, 'Initrd.ExtraFiles', index), hint }),
    ];
  });
}

function programsOfPlan(plan: BootPlan): readonly string[] {
  const needed = needsOfPlan(plan).programs.flatMap((need) => {
    if ('applet' in need) return [`/usr/bin/${need.applet}`];
    return 'program' in need ? [need.program] : [];
  });
  return [busyboxPath, ...needed];
}

/** Libraries are looked up by their names; one that is needed by its path is not found in a sysroot. */
function checkNeeded(
  config: PlatformConfig,
  { path, real, index }: ExtraProgram,
  sysroot: string,
): readonly Finding[] {
  const file = fileInSysroot(sysroot, real);
  const needed = file === undefined ? [] : neededLibraries(readFileSync(file));
  return needed
    .filter((library) => library.includes('/'))
    .map((library) => {
      const message = `${path} needs ${library} by its path: only libraries that are needed by name are found in a sysroot`;
      return finding('extra-file-unfit', message, placeOfEntry(config, 'Initrd.ExtraFiles', index));
    });
}
