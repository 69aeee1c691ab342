/** Is the kernel built as the boot needs it, and new enough? */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { placeOf } from '../config/place.ts';
import { type Finding, finding } from '../findings.ts';
import { needsOfPlan } from '../plan/boot-plan.ts';
import { defineCheck, type Known } from './check.ts';

export const kernelChecks = [
  defineCheck({ name: 'kernel-tables', needs: ['kernel'], run: checkTables }),
  defineCheck({ name: 'kernel-options', needs: ['kernel'], run: checkOptions }),
  defineCheck({ name: 'kernel-version', needs: ['kernel'], run: checkVersion }),
];

/** Tables of the kernel without which something cannot be looked up. */
function checkTables({ config, kernel }: Known<'kernel'>): readonly Finding[] {
  const { directory, options, version } = kernel;
  const lacking = [
    ...(options ? [] : [`the configuration of kernel ${version}: its options are not checked`]),
    ...(existsSync(join(directory, 'modules.builtin'))
      ? []
      : [`modules.builtin of kernel ${version}: what is built in counts as missing`]),
  ];
  return lacking.map((what) => finding('check-incomplete', `the sysroot lacks ${what}`, placeOf(config)));
}

function checkOptions({ config, plan, kernel }: Known<'kernel'>): readonly Finding[] {
  const known = kernel.options;
  if (!known) return [];
  return needsOfPlan(plan)
    .kernelOptions.filter(({ option }) => !['y', 'm'].includes(known.get(option) ?? 'n'))
    .map(({ option, because }) =>
      finding('kernel-option-missing', `kernel ${kernel.version} must be built with CONFIG_${option}`, {
        ...placeOf(config, because),
        hint: because && `build the kernel with it, or change ${because}`,
      }),
    );
}

function checkVersion({ config, plan, kernel }: Known<'kernel'>): readonly Finding[] {
  return needsOfPlan(plan)
    .kernelVersions.filter(
      ({ version }) => kernel.version.localeCompare(version, 'en', { numeric: true }) < 0,
    )
    .map(({ version, because, value }) => {
      const what = value === undefined ? because : `${because}=${value}`;
      const message = `kernel ${kernel.version} must be ${version} or newer for ${what}`;
      return finding('kernel-too-old', message, placeOf(config, because));
    });
}
