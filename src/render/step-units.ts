/** The steps of the plan as units of systemd: which unit each belongs to, its name, what it requires, how long it may take. */
import type { BootPlan, Step } from '../plan/boot-plan.ts';
import type { MountUnit } from '../plan/step.ts';
import { mountUnit } from '../plan/unit-names.ts';

/** Seconds that a unit may take, besides waiting for devices. */
export const unitTimeout = 90;

/** Steps that follow one another without systemd having a part in it: one unit, named after what it comes to. */
export interface StepUnit {
  readonly unit: string;
  readonly steps: readonly [Step, ...Step[]];
  /** The unit mounts, and has no script. */
  readonly mount: MountUnit | undefined;
}

/**
 * The units of the plan in its order. A step begins a unit of its own where systemd mounts, or must have started
 * another unit before: starting a process through systemd costs more than most steps.
 */
export function unitsOfPlan({ steps }: BootPlan): readonly StepUnit[] {
  const groups: [Step, ...Step[]][] = [];
  for (const step of steps) {
    const { systemd } = step;
    if (systemd.by === 'PID 1') continue;
    const group = groups.at(-1);
    const begins = systemd.by === 'mount unit' || (systemd.after ?? []).length > 0;
    if (!group || begins || group.some(isMount)) groups.push([step]);
    else group.push(step);
  }
  return groups.map(nameUnit);
}

/** True for a step that systemd does by a mount unit. */
export function isMount({ systemd }: Step): boolean {
  return systemd.by === 'mount unit';
}

function nameUnit(steps: [Step, ...Step[]]): StepUnit {
  const { name, systemd } = lastOf(steps);
  if (systemd.by === 'mount unit')
    return { unit: mountUnit(systemd.mount.where), steps, mount: systemd.mount };
  return { unit: `bootrelay-${name}.service`, steps, mount: undefined };
}

/** The step that a unit is named after. */
export function lastOf(steps: readonly [Step, ...Step[]]): Step {
  return steps.at(-1) ?? steps[0];
}

/** The unit that comes before `own`; none before the first. */
export function unitBefore(own: StepUnit, plan: BootPlan): StepUnit | undefined {
  const units = unitsOfPlan(plan);
  return units[units.findIndex(({ unit }) => unit === own.unit) - 1];
}

/** Units of systemd that must have started before a unit of steps. */
export function startedBefore({ steps }: StepUnit): readonly string[] {
  return steps.flatMap(({ systemd }) => (systemd.by === 'script' ? (systemd.after ?? []) : []));
}

/** What `own` requires: units of systemd; the units that provide what it uses; always the one before it, for the order. */
export function requiredUnits(own: StepUnit, plan: BootPlan): readonly string[] {
  const used = own.steps.flatMap(({ uses }) => uses);
  const before = unitBefore(own, plan)?.unit;
  const providers = unitsOfPlan(plan).filter(
    ({ unit, steps }) =>
      unit !== own.unit &&
      (unit === before || steps.some(({ provides }) => provides.some((fact) => used.includes(fact)))),
  );
  return [...startedBefore(own), ...providers.map(({ unit }) => unit)];
}

/** Seconds that a unit may take; for ever where somebody may sit at a breakpoint. */
export function timeoutOf({ steps }: StepUnit, { emergency }: BootPlan): number | 'infinity' {
  return emergency.debug ? 'infinity' : unitTimeout + waitsOf(steps);
}

/** Seconds that all units together may take; for ever where somebody may sit at a breakpoint. */
export function totalTimeout(plan: BootPlan): number | 'infinity' {
  if (plan.emergency.debug) return 'infinity';
  return unitsOfPlan(plan).reduce((sum, { steps }) => sum + unitTimeout + waitsOf(steps), 0);
}

function waitsOf(steps: readonly Step[]): number {
  return steps.reduce((sum, { waits }) => sum + waits, 0);
}
