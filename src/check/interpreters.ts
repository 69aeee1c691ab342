/** Can each script of the minimal initrd be started there? */
import { type Place, placeOf, placeOfEntry } from '../config/place.ts';
import { type Finding, finding } from '../findings.ts';
import { needsOfPlan } from '../plan/boot-plan.ts';
import { extraExecutables, headOf, placeOfExtra } from '../sysroot/extra-programs.ts';
import { findProgram, plannedPrograms } from '../sysroot/initrd-programs.ts';
import { fileInSysroot, isDirectory, mergeUsr } from '../sysroot/paths.ts';
import { interpreterOf } from '../sysroot/scripts.ts';
import { defineCheck, type Known } from './check.ts';

export const interpreterChecks = [
  defineCheck({ name: 'interpreters', needs: ['sysroot'], run: checkInterpreters }),
];

/** A file that can be started, its first bytes, and the line that asks for it. */
interface Executable {
  readonly path: string;
  readonly head: Buffer;
  readonly place: Place;
}

/** Scripts of the plan's programs and of ExtraFiles whose interpreter is not there. */
function checkInterpreters(data: Known<'sysroot'>): readonly Finding[] {
  const found = [...plannedExecutables(data), ...extraOnes(data)];
  const applets = needsOfPlan(data.plan).programs.flatMap((need) =>
    'applet' in need ? [`/usr/bin/${need.applet}`] : [],
  );
  const startable = new Set([
    ...found.map(({ path }) => placeOfExtra(path)),
    ...applets,
    ...plannedPrograms(data.plan),
  ]);
  return found.flatMap(({ path, head, place }) =>
    interpreterOf(head)
      .filter(({ anyOf }) => !anyOf.some((interpreter) => startable.has(mergeUsr(interpreter))))
      .map(({ name, anyOf }) => {
        const message = `the minimal initrd must have ${name}, which starts ${path}`;
        return finding('program-missing', message, { ...place, hint: `add it: ExtraFiles=${anyOf[0]}` });
      }),
  );
}

function plannedExecutables({ config, plan, sysroot }: Known<'sysroot'>): readonly Executable[] {
  return plannedPrograms(plan).flatMap((path) => {
    const from = findProgram(sysroot, path);
    const file = from === undefined ? undefined : fileInSysroot(sysroot, from);
    if (file === undefined || isDirectory(file)) return [];
    const need = needsOfPlan(plan).programs.find((other) => 'program' in other && other.program === path);
    return [{ path, head: headOf(file), place: placeOf(config, need?.because) }];
  });
}

function extraOnes({ config, sysroot }: Known<'sysroot'>): readonly Executable[] {
  return extraExecutables(sysroot, config.settings.Initrd.ExtraFiles).map(({ path, head, index }) => ({
    path,
    head,
    place: placeOfEntry(config, 'Initrd.ExtraFiles', index),
  }));
}
