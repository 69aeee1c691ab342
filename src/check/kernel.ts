/** Is the kernel built as the boot needs it, and new enough? */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { placeOf } from '../config/place.ts';
import { type Finding, finding } from '../findings.ts';
import { needsOfPlan } from '../plan/boot-plan.ts';
import { isWithoutModules, type Kernel } from '../sysroot/kernel.ts';
import { defineCheck, type Known } from './check.ts';

export const kernelChecks = [
  defineCheck({ name: 'kernel-tables', needs: ['kernel'], run: checkTables }),
  defineCheck({ name: 'kernel-options', needs: ['kernel'], run: checkOptions }),
  defineCheck({ name: 'kernel-version', needs: ['kernel'], run: checkVersion }),
];

/** Tables beside the modules: what is not known without each, and what writes it. */
const tables: readonly {
  readonly name: string;
  readonly without: (kernel: Kernel) => string;
  readonly from: string;
}[] = [
  {
    name: 'modules.builtin',
    without: ({ options }) =>
      options ? 'what is built in is taken from its configuration' : 'what is built in counts as missing',
    from: 'it comes with the modules of the kernel',
  },
  {
    name: 'modules.alias',
    without: () => 'which devices its modules drive is not known',
    from: 'run depmod of kmod: it writes this table',
  },
  {
    name: 'modules.softdep',
    without: () => 'soft dependencies of its modules are not known',
    from: 'run depmod of kmod: it writes this table, that of busybox does not',
  },
];

/** The configuration of the kernel, and tables without which something cannot be looked up. */
function checkTables({ config, kernel }: Known<'kernel'>): readonly Finding[] {
  const { directory, options, version } = kernel;
  const lacking = isWithoutModules(options)
    ? []
    : tables.filter(({ name }) => !existsSync(join(directory, name)));
  const tell = (what: string, hint?: string) =>
    finding('check-incomplete', `the sysroot lacks ${what}`, { ...placeOf(config), hint });
  return [
    ...(options ? [] : [tell(`the configuration of kernel ${version}: its options are not checked`)]),
    ...lacking.map(({ name, without, from }) =>
      tell(`${name} of kernel ${version}: ${without(kernel)}`, from),
    ),
  ];
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
