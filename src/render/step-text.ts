/** A step of the plan -> its shell text, the same in both forms of stage 1. */
import type { BootPlan, Step } from '../plan/boot-plan.ts';
import type { CarryOverData } from '../plan/steps/carry-over.ts';
import type { FindData } from '../plan/steps/find-usr-partition.ts';
import type { CommandLineData } from '../plan/steps/read-kernel-command-line.ts';
import type { VerityData } from '../plan/steps/set-up-verity.ts';
import { renderTemplate } from './templates.ts';

/** What a step does, in shell: its name for the log, then the same text in both forms of stage 1. */
export function renderStep(step: Step, plan: BootPlan): string {
  return renderTemplate('templates/begin-step', step) + renderStepText(step, plan);
}

/** What a step does, once its name is in the log. */
export function renderStepText(step: Step, { platform, form, origins }: BootPlan): string {
  const data = { platform, systemd: form === 'systemd', origins, ...templateData(step) };
  return renderTemplate(`templates/steps/${step.name}`, data);
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
      opens: { [verity.tool]: true },
      reactionCount: verity.reactions.length,
      endOf: { [verity.fileSystem]: true },
      hashPartition: verity.separateHash ? 'hash_partition' : 'usr_partition',
    };
  },
  'carry-over': (data) => {
    const { paths } = data as CarryOverData;
    const copies = paths.map((path) => {
      const directory = path.slice(0, path.lastIndexOf('/'));
      const noWay = `${directory} of the full initrd leads from link to link`;
      return { path, nested: directory !== '', directory, noWay, notCopied: `cannot copy ${path}` };
    });
    return { paths: copies };
  },
};
