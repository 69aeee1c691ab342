/** The steps of the plan as systemd runs them: which unit each belongs to, what that unit requires, its script. */
import type { BootPlan, Step, Variable } from '../plan/boot-plan.ts';
import type { MountUsrData } from '../plan/steps/mount-usr.ts';
import { renderStep, renderStepText } from './step-text.ts';
import { renderTemplate } from './templates.ts';
import type { RenderedFile } from './tree.ts';
import { deviceUnit } from './unit-names.ts';

export const unitDirectory = 'usr/lib/systemd/system';
export const scriptDirectory = 'usr/lib/bootrelay';

/** Seconds that a unit may take, besides waiting for devices. */
export const unitTimeout = 90;

/** Steps that follow one another without systemd having a part in it: one unit, named after what it comes to. */
export interface StepUnit {
  readonly unit: string;
  readonly steps: readonly Step[];
}

/** systemd itself mounts the kernel's file systems before it starts any unit, and /usr by a mount unit. */
const runBySystemd = ['mount-kernel-filesystems'];
const mountUnits: Readonly<Record<string, string>> = { 'mount-usr': 'sysusr-usr.mount' };

/**
 * The units of the plan in its order. A step begins a unit of its own where systemd mounts, or must have started
 * another unit before: starting a process through systemd costs more than most steps.
 */
export function unitsOfPlan({ steps }: BootPlan): readonly StepUnit[] {
  const groups: Step[][] = [];
  for (const step of steps.filter(({ name }) => !runBySystemd.includes(name))) {
    const group = groups.at(-1);
    if (!group || isMount(step) || group.some(isMount) || step.needs.units.length > 0) groups.push([step]);
    else group.push(step);
  }
  return groups.map((group) => ({ unit: nameOf(group), steps: group }));
}

function isMount({ name }: Step): boolean {
  return name in mountUnits;
}

function nameOf(steps: readonly Step[]): string {
  const { name } = steps.at(-1) as Step;
  return mountUnits[name] ?? `bootrelay-${name}.service`;
}

/** Seconds that a unit may take. */
function timeoutOf({ steps }: StepUnit): number {
  return unitTimeout + steps.reduce((sum, { waits }) => sum + waits, 0);
}

/** Seconds that all units together may take; for ever where somebody may sit at a breakpoint. */
export function totalTimeout(plan: BootPlan): number | 'infinity' {
  if (plan.emergency.debug) return 'infinity';
  return unitsOfPlan(plan).reduce((sum, unit) => sum + timeoutOf(unit), 0);
}

/** The unit and, but for a mount, the script of some steps. `common` is what all templates print. */
export function renderUnit(
  own: StepUnit,
  plan: BootPlan,
  common: object,
): readonly (readonly [string, RenderedFile])[] {
  const { name } = own.steps.at(-1) as Step;
  const data = {
    ...common,
    names: own.steps.map((step) => step.name),
    script: name,
    requires: requiredUnits(own, plan),
    last: own.unit === unitsOfPlan(plan).at(-1)?.unit,
    timeout: plan.emergency.debug ? 'infinity' : timeoutOf(own),
  };
  const unit = (text: string) => [`${unitDirectory}/${own.unit}`, { text, mode: 0o644 }] as const;
  const [first] = own.steps;
  if (first && isMount(first)) {
    return [unit(renderTemplate('units/minimal/sysusr-usr.mount', { ...data, ...mountData(first) }))];
  }
  const script = { text: renderScript(own, plan), mode: 0o755 } as const;
  return [unit(renderTemplate('units/minimal/steps.service', data)), [`${scriptDirectory}/${name}`, script]];
}

/** The units that provide what `own` uses, and those that its steps name. */
function requiredUnits(own: StepUnit, plan: BootPlan): readonly string[] {
  const used = own.steps.flatMap(({ uses }) => uses);
  const providers = unitsOfPlan(plan).filter(
    ({ unit, steps }) =>
      unit !== own.unit && steps.some(({ provides }) => provides.some((fact) => used.includes(fact))),
  );
  return [...own.steps.flatMap(({ needs }) => needs.units), ...providers.map(({ unit }) => unit)];
}

function mountData({ data, variables }: Step): object {
  const { verity, devicePath, fileSystem } = data as MountUsrData;
  const [options, fixed] = ['usr_options', 'usr_fixed_options'].map((name) =>
    variables.find(({ variable }) => variable === name),
  );
  return {
    verity,
    devices: [deviceUnit(devicePath)],
    what: verity ? devicePath : '/run/bootrelay/stage1/usr-device',
    fileSystem,
    options: [options?.value, fixed?.value, 'ro'].filter(Boolean).join(','),
    origins: [options, fixed].flatMap((origin) => (origin ? [origin] : [])),
  };
}

/** The script of a unit: its values, the same text as in the shell form, what it leaves for later units. */
function renderScript(own: StepUnit, plan: BootPlan): string {
  const { platform, files } = plan;
  const [before, after] = [neighbour(own, plan, -1), neighbour(own, plan, 1)];
  const head = {
    names: own.steps.map(({ name }) => name),
    platform,
    files,
    first: own.unit === unitsOfPlan(plan)[0]?.unit,
    ...valuesOf(own, plan),
  };
  // The script before has begun this one's first step in its last line, unless systemd mounts in between.
  const begun = before && !isMount(before) && !runBySystemd.includes(before.name) ? own.steps[0] : undefined;
  return [
    renderTemplate('templates/minimal/script', head),
    ...own.steps.map((step) => (step === begun ? renderStepText(step, plan) : renderStep(step, plan))),
    ...(after
      ? [renderTemplate('templates/minimal/script-end', { leaves: leavesOf(own, plan), after: after.name })]
      : []),
  ].join('\n');
}

/** The step before a unit's first one, or after its last one. */
function neighbour({ steps }: StepUnit, plan: BootPlan, direction: -1 | 1): Step | undefined {
  return plan.steps[plan.steps.indexOf(steps.at(direction === 1 ? -1 : 0) as Step) + direction];
}

/** Where the values come from that a unit's steps take: from the units before it, else from settings. */
function valuesOf(
  own: StepUnit,
  plan: BootPlan,
): { variables: readonly Variable[]; taken: readonly string[] } {
  const before = plan.steps.slice(0, plan.steps.indexOf(own.steps[0] as Step));
  const left = new Set(before.flatMap(({ leaves }) => leaves));
  const takes = [...new Set(own.steps.flatMap((step) => step.takes))];
  const settings = plan.steps.flatMap(({ variables }) => variables);
  return {
    variables: settings.filter(({ variable }) => takes.includes(variable) && !left.has(variable)),
    taken: takes.filter((name) => left.has(name)),
  };
}

/** The values that a unit's steps set and later units take. */
function leavesOf(own: StepUnit, plan: BootPlan): readonly string[] {
  const later = plan.steps.slice(plan.steps.indexOf(own.steps.at(-1) as Step) + 1);
  const taken = new Set(later.filter((step) => !isMount(step)).flatMap(({ takes }) => takes));
  return [...new Set(own.steps.flatMap(({ leaves }) => leaves))].filter((name) => taken.has(name));
}
