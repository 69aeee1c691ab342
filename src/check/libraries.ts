/** Are the libraries of the plan's programs in the sysroot? Asked without running them. */
import { type Place, placeOf, placeOfEntry } from '../config/place.ts';
import { FailedToolError } from '../errors.ts';
import { type Finding, finding } from '../findings.ts';
import { needsOfPlan } from '../plan/boot-plan.ts';
import { busyboxPath } from '../sysroot/applets.ts';
import { extraElfPrograms } from '../sysroot/extra-programs.ts';
import { type WithLibraries, withLibraries } from '../sysroot/libraries.ts';
import { fileInSysroot } from '../sysroot/paths.ts';
import { lddtreeTreeArgs } from '../tools/lddtree.ts';
import { run } from '../tools/run.ts';
import { defineCheck, type Known } from './check.ts';

/** A program by its path in the sysroot, and the line that asks for it. */
interface Program {
  readonly program: string;
  readonly place: Place;
}

/** A program with the libraries that it lacks, or with what is wrong with its file. */
interface Asked {
  readonly need: Program;
  readonly missing: readonly string[];
  readonly damaged?: string;
}

/** Are the libraries there that programs are linked to? */
const linkedLibraries = defineCheck({ name: 'libraries', needs: ['sysroot'], run: checkLinked });

export const libraryChecks = [
  linkedLibraries,
  defineCheck({ name: 'opened-libraries', needs: ['sysroot'], after: [linkedLibraries], run: checkOpened }),
];

/** Programs of the plan that are there, and those of Initrd.ExtraFiles. */
function programsOf({ config, plan, sysroot }: Known<'sysroot'>) {
  const ofPlan = needsOfPlan(plan).programs.flatMap((need) =>
    'program' in need ? [{ program: need.program, place: placeOf(config, need.because) }] : [],
  );
  const planned = [{ program: busyboxPath, place: placeOf(config) }, ...ofPlan];
  const extra = extraElfPrograms(sysroot, config.settings.Initrd.ExtraFiles).map(({ real, index }) => ({
    program: real,
    place: placeOfEntry(config, 'Initrd.ExtraFiles', index),
  }));
  return { present: planned.filter(({ program }) => fileInSysroot(sysroot, program) !== undefined), extra };
}

/** Libraries that programs are linked to and the sysroot lacks, one finding a library. */
async function checkLinked(data: Known<'sysroot'>): Promise<readonly Finding[]> {
  const { sysroot } = data;
  const { present, extra } = programsOf(data);
  const asked = await askForAll([...present, ...extra], sysroot);
  const libraries = [...new Set(asked.flatMap(({ missing }) => missing))];
  return [
    ...asked.flatMap(({ need, damaged }) => {
      if (damaged === undefined) return [];
      const message = `${need.program} of the sysroot cannot be read: ${damaged}`;
      return [finding('file-damaged', message, need.place)];
    }),
    ...libraries.map((library) => {
      const users = asked.filter(({ missing }) => missing.includes(library)).map(({ need }) => need);
      const message = `the sysroot must have ${library}, which ${users.map(({ program }) => program).join(', ')} needs`;
      return finding('library-missing', message, users[0]?.place);
    }),
  ];
}

/** Libraries that a program opens while it runs, and cannot do without. */
async function checkOpened(data: Known<'sysroot'>): Promise<readonly Finding[]> {
  const { present, extra } = programsOf(data);
  const groups = [present, extra].filter(({ length }) => length > 0);
  const opened = await Promise.all(groups.map((programs) => openedBy(data.sysroot, programs)));
  return opened.flatMap(({ problems }, index) =>
    problems.map(({ kind, program, message }) => {
      const place = groups[index]?.find((other) => other.program === program)?.place;
      return finding(kind, message, place ?? placeOf(data.config));
    }),
  );
}

/** lddtree says of one file that it cannot be read, and does not always name it. */
async function openedBy(
  sysroot: string,
  programs: readonly Program[],
): Promise<Pick<WithLibraries, 'problems'>> {
  const paths = programs.map(({ program }) => program);
  try {
    return await withLibraries(sysroot, paths);
  } catch (error) {
    if (!(error instanceof FailedToolError)) throw error;
    const message = `a program or library of the sysroot cannot be read: ${error.words}`;
    return { problems: [{ kind: 'file-damaged', program: '', message }] };
  }
}

async function askFor(need: Program, sysroot: string): Promise<Asked> {
  try {
    const tree = await run(lddtreeTreeArgs(sysroot, [need.program]));
    return { need, missing: missingIn(tree) };
  } catch (error) {
    if (!(error instanceof FailedToolError)) throw error;
    return { need, missing: [], damaged: error.words };
  }
}

/** In one call, since there may be hundreds of them; one by one where that fails. */
async function askForAll(needs: readonly Program[], sysroot: string): Promise<readonly Asked[]> {
  if (needs.length === 0) return [];
  const paths = needs.map(({ program }) => program);
  try {
    const trees = (await run(lddtreeTreeArgs(sysroot, paths))).split(/^(?=\S)/m);
    return needs.map((need, index) => ({ need, missing: missingIn(trees[index] ?? '') }));
  } catch (error) {
    if (!(error instanceof FailedToolError)) throw error;
    const asked: Asked[] = [];
    for (const need of needs) asked.push(await askFor(need, sysroot));
    return asked;
  }
}

function missingIn(tree: string): readonly string[] {
  return [...new Set([...tree.matchAll(/^\s+(\S+) => None$/gm)].map(([, name = '']) => name))];
}
