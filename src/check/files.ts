/** Are the files of a plan in the sysroot? */
import { placeOf } from '../config/place.ts';
import { type Finding, finding } from '../findings.ts';
import { needsOfPlan } from '../plan/boot-plan.ts';
import { osReleasePaths } from '../plan/layout.ts';
import { fileInSysroot, placeInSysroot } from '../sysroot/paths.ts';
import { defineCheck, type Known } from './check.ts';
import { programHint } from './programs.ts';

export const fileChecks = [
  defineCheck({ name: 'files', needs: ['sysroot'], run: checkFiles }),
  defineCheck({ name: 'os-release', needs: ['sysroot'], run: checkRelease }),
  defineCheck({ name: 'files-in-usr', needs: ['sysroot'], run: checkUsr }),
];

function checkFiles({ config, plan, sysroot }: Known<'sysroot'>): readonly Finding[] {
  return needsOfPlan(plan)
    .files.filter(({ anyOf }) => anyOf.every((path) => placeInSysroot(sysroot, path) === undefined))
    .map(({ anyOf, hint, because }) =>
      finding('file-missing', `the sysroot must have ${anyOf.join(' or ')}`, {
        ...placeOf(config, because),
        hint,
      }),
    );
}

/** systemd is told by it that it is in an initrd, and of which system. */
function checkRelease({ config, plan, sysroot }: Known<'sysroot'>): readonly Finding[] {
  const present = osReleasePaths.some((path) => fileInSysroot(sysroot, path) !== undefined);
  if (plan.form !== 'systemd' || present) return [];
  const message = `the sysroot must have ${osReleasePaths.join(' or ')}`;
  return [finding('file-missing', message, placeOf(config, 'Initrd.Init'))];
}

/** What a full initrd that is the system's own /usr needs there. */
function checkUsr({ config, plan, sysroot }: Known<'sysroot'>): readonly Finding[] {
  return needsOfPlan(plan)
    .inUsr.filter((path) => fileInSysroot(sysroot, path) === undefined)
    .map((path) => {
      const message = `the sysroot must have ${path}: its /usr is the full initrd`;
      return finding('file-missing', message, {
        ...placeOf(config, 'FullInitrd.Source'),
        ...programHint(path),
      });
    });
}
