/** Has each program among the files of Initrd.ExtraFiles what it needs to start? */
import { readFileSync } from 'node:fs';
import { placeOfEntry } from '../config/place.ts';
import type { PlatformConfig } from '../config/validate.ts';
import { type Finding, finding } from '../findings.ts';
import { type BootPlan, needsOfPlan } from '../plan/boot-plan.ts';
import { busyboxPath } from '../sysroot/applets.ts';
import { neededLibraries } from '../sysroot/elf.ts';
import {
  type Executable,
  type ExtraProgram,
  extraElfPrograms,
  extraExecutables,
} from '../sysroot/extra-programs.ts';
import { fileInSysroot, mergeUsr } from '../sysroot/paths.ts';
import { defineCheck, type Known } from './check.ts';

export const extraProgramChecks = [
  defineCheck({ name: 'extra-programs', needs: ['sysroot'], run: checkExtraPrograms }),
];

/** Scripts without their interpreter, and programs with a library that no tool can follow. */
function checkExtraPrograms({ config, plan, sysroot }: Known<'sysroot'>): readonly Finding[] {
  const entries = config.settings.Initrd.ExtraFiles;
  return [
    ...checkInterpreters(config, plan, extraExecutables(sysroot, entries)),
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
