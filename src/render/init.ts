/** BootPlan -> the shell form of stage 1: /init of the minimal initrd. */
import type { BootPlan, Step } from '../plan/boot-plan.ts';
import type { CarryOverData, CommandLineData, FindData, Variable, VerityData } from '../plan/steps.ts';
import { renderTemplate } from './templates.ts';

/** The text of /init: a head, then one paragraph a step in the plan's order. */
export function renderInit(plan: BootPlan): string {
  const variables = plan.steps.flatMap(
    ({ data }) => (data as { variables?: readonly Variable[] }).variables ?? [],
  );
  const head = renderTemplate('templates/init', {
    platform: plan.platform,
    files: plan.files,
    variables,
    emergency: { ...plan.emergency, panics: plan.emergency.action.value === 'panic' },
  });
  return [head, ...plan.steps.map((step) => renderStep(step, plan.platform))].join('\n');
}

function renderStep(step: Step, platform: string): string {
  const begin = renderTemplate('templates/begin-step', { name: step.name });
  return begin + renderTemplate(`templates/steps/${step.name}`, { platform, ...templateData(step) });
}

/** A step's data, as flags and texts that a template can test and print. */
function templateData({ name, data }: Step): object {
  const prepare = preparations[name];
  return prepare ? prepare(data) : (data as object);
}

const preparations: Readonly<Record<string, (data: unknown) => object>> = {
  'read-kernel-command-line': (data) => {
    const commandLine = data as CommandLineData;
    const noRootHash = `${commandLine.parameters.rootHash}= is missing, empty or not hexadecimal`;
    return { ...commandLine, noRootHash };
  },
  'find-usr-partition': (data) => ({
    ...(data as FindData),
    usesBlkid: (data as FindData).byBlkid.length > 0,
  }),
  'set-up-verity': (data) => {
    const verity = data as VerityData;
    return {
      ...verity,
      fixedOffset: verity.hashOffset !== 'auto',
      endOf: { [verity.fileSystem]: true },
      hashPartition: verity.separateHash ? 'hash_partition' : 'usr_partition',
    };
  },
  'carry-over': (data) => {
    const { paths, where } = data as CarryOverData;
    const copies = paths.map((path) => ({
      path,
      nested: path.lastIndexOf('/') > 0,
      target: `/full${path.slice(0, path.lastIndexOf('/') + 1)}`,
      failure: `cannot copy ${path}`,
    }));
    return { paths: copies, where };
  },
};
