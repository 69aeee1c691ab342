/** Are the libraries of the plan's programs in the sysroot? Asked without running them. */
import { type Finding, finding } from '../findings.ts';
import { type BootPlan, needsOfPlan } from '../plan/boot-plan.ts';
import { lddtreeTreeArgs } from '../tools/lddtree.ts';
import { run } from '../tools/run.ts';
import { fileInSysroot } from './sysroot.ts';

/** Findings for libraries that a program of the plan needs and the sysroot lacks. Throws ToolError. */
export async function checkLibraries(plan: BootPlan, sysroot: string): Promise<readonly Finding[]> {
  const programs = needsOfPlan(plan).programs.flatMap((need) => ('program' in need ? [need.program] : []));
  const present = programs.filter((path) => fileInSysroot(sysroot, path) !== undefined);
  const missing = await Promise.all(
    present.map(async (program) => {
      const tree = await run(lddtreeTreeArgs(sysroot, program));
      const libraries = [...tree.matchAll(/^\s+(\S+) => None$/gm)].map(([, name = '']) => name);
      return [...new Set(libraries)].map((library) =>
        finding('library-missing', `the sysroot must have ${library}, which ${program} needs`),
      );
    }),
  );
  return missing.flat();
}
