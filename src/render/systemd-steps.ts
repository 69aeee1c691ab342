/** A unit of steps -> its unit file, and the script that it runs. */
import type { BootPlan, Step } from '../plan/boot-plan.ts';
import type { Variable } from '../plan/step.ts';
import { deviceUnit } from '../plan/unit-names.ts';
import { renderStep, renderStepText } from './step-text.ts';
import {
  isMount,
  lastOf,
  requiredUnits,
  type StepUnit,
  timeoutOf,
  unitBefore,
  unitsOfPlan,
} from './step-units.ts';
import { renderTemplate } from './templates.ts';
import type { RenderedFile } from './tree.ts';

export const unitDirectory = 'usr/lib/systemd/system';
export const scriptDirectory = 'usr/lib/bootrelay';

/** The unit and, but for a mount, the script of some steps. `common` is what all templates print. */
export function renderUnit(
  own: StepUnit,
  plan: BootPlan,
  common: object,
): readonly (readonly [string, RenderedFile])[] {
  const { name } = lastOf(own.steps);
  const device = own.mount?.device;
  const data = {
    ...common,
    names: titleOf(
      own.steps.map((step) => step.name),
      titleWidth,
    ),
    script: name,
    requires: requiredUnits(own, plan),
    last: own.unit === unitsOfPlan(plan).at(-1)?.unit,
    timeout: timeoutOf(own, plan),
    mount: own.mount,
    devices: device === undefined ? [] : [deviceUnit(device)],
  };
  const unit = (template: string) =>
    [`${unitDirectory}/${own.unit}`, { text: renderTemplate(template, data), mode: 0o644 }] as const;
  if (own.mount) return [unit('units/minimal/step.mount')];
  const script = { text: renderScript(own, plan), mode: 0o755 } as const;
  return [unit('units/minimal/steps.service'), [`${scriptDirectory}/${name}`, script]];
}

/** Columns of a Description= of units/minimal, without its first words. */
const titleWidth = 97;

/** Columns of the line with the steps in a script. */
const scriptWidth = 117;

/** The names of a unit's steps, where they fit on a line; else the first and the last. */
function titleOf(names: readonly string[], width: number): readonly string[] {
  const [first = '', last = ''] = [names[0], names.at(-1)];
  return names.join(', ').length > width ? [first, '...', last] : names;
}

/** The script of a unit: its values, the same text as in the shell form, what it writes for later units. */
function renderScript(own: StepUnit, plan: BootPlan): string {
  const { platform, files, steps } = plan;
  const before = unitBefore(own, plan);
  const after = steps[steps.indexOf(lastOf(own.steps)) + 1];
  const head = {
    names: titleOf(
      own.steps.map(({ name }) => name),
      scriptWidth,
    ),
    platform,
    files,
    first: before === undefined,
    ...valuesOf(own, plan),
  };
  // The script before has begun this one's first step in its last line, unless systemd mounts in between.
  const begun = before && !before.mount ? own.steps[0] : undefined;
  return [
    renderTemplate('templates/minimal/script', head),
    ...own.steps.map((step) => (step === begun ? renderStepText(step, plan) : renderStep(step, plan))),
    ...(after
      ? [renderTemplate('templates/minimal/script-end', { leaves: leavesOf(own, plan), after: after.name })]
      : []),
  ].join('\n');
}

/** Where the values come from that a unit's steps read: from the units before it, else from settings. */
function valuesOf(
  own: StepUnit,
  plan: BootPlan,
): { variables: readonly Variable[]; taken: readonly string[] } {
  const before = plan.steps.slice(0, plan.steps.indexOf(own.steps[0]));
  const written = new Set(before.flatMap(({ writes }) => writes));
  const read = [...new Set(own.steps.flatMap(({ reads }) => reads))];
  const settings = plan.steps.flatMap(({ variables }) => variables);
  return {
    variables: settings.filter(({ variable }) => read.includes(variable) && !written.has(variable)),
    taken: read.filter((name) => written.has(name)),
  };
}

/** The values that a unit's steps write and scripts of later units read. */
function leavesOf(own: StepUnit, plan: BootPlan): readonly string[] {
  const later = plan.steps.slice(plan.steps.indexOf(lastOf(own.steps)) + 1);
  const read = new Set(later.filter((step: Step) => !isMount(step)).flatMap(({ reads }) => reads));
  return [...new Set(own.steps.flatMap(({ writes }) => writes))].filter((name) => read.has(name));
}
