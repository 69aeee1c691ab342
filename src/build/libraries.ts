/** Are the libraries of the plan's programs in the sysroot? Asked without running them. */
import { placeOf } from '../config/place.ts';
import type { PlatformConfig } from '../config/validate.ts';
import { type Finding, finding } from '../findings.ts';
import { type BootPlan, needsOfPlan, type ProgramNeed } from '../plan/boot-plan.ts';
import { lddtreeTreeArgs } from '../tools/lddtree.ts';
import { FailedToolError } from '../tools/programs.ts';
import { run } from '../tools/run.ts';
import { fileInSysroot } from './sysroot.ts';

type Program = Extract<ProgramNeed, { readonly program: string }>;

/** A program with the libraries that it lacks, or with what is wrong with its file. */
interface Asked {
  readonly need: Program;
  readonly missing: readonly string[];
  readonly damaged?: string;
}

/** Findings for libraries that programs of the plan need and the sysroot lacks, one a library. */
export async function checkLibraries(
  config: PlatformConfig,
  plan: BootPlan,
  sysroot: string,
): Promise<readonly Finding[]> {
  const programs = needsOfPlan(plan).programs.flatMap((need) => ('program' in need ? [need] : []));
  const present = programs.filter(({ program }) => fileInSysroot(sysroot, program) !== undefined);
  const asked = await Promise.all(present.map((need) => askFor(need, sysroot)));
  const libraries = [...new Set(asked.flatMap(({ missing }) => missing))];
  return [
    ...asked.flatMap(({ need, damaged }) => {
      if (damaged === undefined) return [];
      const message = `${need.program} of the sysroot cannot be read: ${damaged}`;
      return [finding('file-damaged', message, placeOf(config, need.because))];
    }),
    ...libraries.map((library) => {
      const users = asked.filter(({ missing }) => missing.includes(library)).map(({ need }) => need);
      const message = `the sysroot must have ${library}, which ${users.map(({ program }) => program).join(', ')} needs`;
      return finding('library-missing', message, placeOf(config, users[0]?.because));
    }),
  ];
}

async function askFor(need: Program, sysroot: string): Promise<Asked> {
  try {
    const tree = await run(lddtreeTreeArgs(sysroot, need.program));
    const missing = [...tree.matchAll(/^\s+(\S+) => None$/gm)].map(([, name = '']) => name);
    return { need, missing: [...new Set(missing)] };
  } catch (error) {
    if (!(error instanceof FailedToolError)) throw error;
    return { need, missing: [], damaged: error.words };
  }
}
