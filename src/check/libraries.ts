/** Does each program of the minimal initrd find its libraries there? Looked up as its loader does, without running it. */
import { type Place, placeOf, placeOfEntry } from '../config/place.ts';
import { type Finding, finding } from '../findings.ts';
import { needsOfPlan } from '../plan/boot-plan.ts';
import { type InitrdPrograms, programsOfInitrd } from '../sysroot/initrd-programs.ts';
import type { LibraryProblem } from '../sysroot/libraries.ts';
import { findLibraryFiles } from '../sysroot/sysroot-tree.ts';
import { defineCheck, type Known } from './check.ts';

export const libraryChecks = [defineCheck({ name: 'libraries', needs: ['sysroot'], run: checkLibraries })];

type Missing = Extract<LibraryProblem, { kind: 'missing' }>;

/** Files that cannot be read, and libraries that are not there or would not be found, one finding for each. */
function checkLibraries(data: Known<'sysroot'>): readonly Finding[] {
  const { config, plan, sysroot } = data;
  const programs = programsOfInitrd(plan, sysroot, config.settings.Initrd.ExtraFiles);
  const { problems } = programs.libraries;
  const damaged = new Map(
    problems.flatMap((problem) => (problem.kind === 'damaged' ? [[problem.path, problem] as const] : [])),
  );
  const missing = new Map<string, Missing[]>();
  for (const problem of problems) {
    if (problem.kind !== 'missing') continue;
    const key = JSON.stringify([problem.answer.names, problem.answer.feature, problem.path]);
    missing.set(key, [...(missing.get(key) ?? []), problem]);
  }
  return [
    ...[...damaged.values()].map(({ path, program, words }) =>
      finding(
        'file-damaged',
        `${path} of the sysroot cannot be read: ${words}`,
        placeOfProgram(program, programs, data),
      ),
    ),
    ...[...missing.values()].map((alike) => tellMissing(alike, programs, data)),
  ];
}

function tellMissing(alike: readonly Missing[], programs: InitrdPrograms, data: Known<'sysroot'>): Finding {
  const [{ answer, path, program }] = alike as [Missing];
  const place = placeOfProgram(program, programs, data);
  const names = answer.names.join(' or ');
  const users = [...new Set(alike.map((problem) => problem.program))].join(', ');
  const needs = answer.feature === undefined ? `${users} needs` : `${answer.by} opens for ${answer.feature}`;
  if (path !== undefined) {
    const message = `the loader of ${users} would not find ${names} in the minimal initrd, which the sysroot has as ${path}`;
    const hint = 'ExtraFiles=/etc/ld.so.cache makes it look where that of the system looks';
    return finding('library-missing', message, { ...place, hint });
  }
  const others = findLibraryFiles(data.sysroot, answer.names);
  const hint =
    others.length > 0
      ? `its loader does not look at ${others.join(', ')}, or only on some processors`
      : undefined;
  return finding('library-missing', `the sysroot must have ${names}, which ${needs}`, { ...place, hint });
}

/** The line that asks for a program, by its path in the minimal initrd. */
function placeOfProgram(path: string, { extra }: InitrdPrograms, { config, plan }: Known<'sysroot'>): Place {
  const need = needsOfPlan(plan).programs.find((other) => 'program' in other && other.program === path);
  if (need) return placeOf(config, need.because);
  const entry = extra.find((program) => program.path === path);
  return entry ? placeOfEntry(config, 'Initrd.ExtraFiles', entry.index) : placeOf(config);
}
