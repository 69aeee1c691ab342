/** Are the libraries of the plan's programs in the sysroot? Asked without running them. */
import type { PlatformConfig } from '../config/validate.ts';
import { type Finding, finding } from '../findings.ts';
import { type BootPlan, needsOfPlan } from '../plan/boot-plan.ts';
import { lddtreeTreeArgs } from '../tools/lddtree.ts';
import { run } from '../tools/run.ts';
import { placeOf } from './place.ts';
import { fileInSysroot } from './sysroot.ts';

/** Findings for libraries that a program of the plan needs and the sysroot lacks. Throws ToolError. */
export async function checkLibraries(
  config: PlatformConfig,
  plan: BootPlan,
  sysroot: string,
): Promise<readonly Finding[]> {
  const programs = needsOfPlan(plan).programs.flatMap((need) => ('program' in need ? [need] : []));
  const present = programs.filter(({ program }) => fileInSysroot(sysroot, program) !== undefined);
  const missing = await Promise.all(
    present.map(async ({ program, because }) => {
      const tree = await run(lddtreeTreeArgs(sysroot, program));
      const libraries = [...tree.matchAll(/^\s+(\S+) => None$/gm)].map(([, name = '']) => name);
      return [...new Set(libraries)].map((library) =>
        finding(
          'library-missing',
          `the sysroot must have ${library}, which ${program} needs`,
          placeOf(config, because),
        ),
      );
    }),
  );
  return missing.flat();
}
