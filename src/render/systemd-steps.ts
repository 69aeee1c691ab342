/** The steps of the plan as systemd runs them: which unit each is, what it requires, its script. */
import type { BootPlan, Step, Variable } from '../plan/boot-plan.ts';
import type { MountUsrData } from '../plan/steps/mount-usr.ts';
import { renderStepText } from './step-text.ts';
import { renderTemplate } from './templates.ts';
import type { RenderedFile } from './tree.ts';
import { deviceUnit } from './unit-names.ts';

export const unitDirectory = 'usr/lib/systemd/system';
export const scriptDirectory = 'usr/lib/bootrelay';

/** Seconds that a step may take, besides waiting for devices. */
export const stepTimeout = 90;

/** The steps that are units: systemd itself mounts the kernel's file systems before it starts any. */
export function stepsWithUnits(plan: BootPlan): readonly Step[] {
  return plan.steps.filter(({ name }) => name !== 'mount-kernel-filesystems');
}

/** The unit of a step. */
export function unitOf({ name }: Step): string {
  return name === 'mount-usr' ? 'sysusr-usr.mount' : `bootrelay-${name}.service`;
}

/** The unit and, but for the mount, the script of a step. `common` is what all templates print. */
export function renderStepFiles(
  step: Step,
  plan: BootPlan,
  common: object,
): readonly (readonly [string, RenderedFile])[] {
  const last = step === plan.steps.at(-1);
  const timeout = stepTimeout + (step.name === 'find-usr-partition' ? waitingTime(plan) : 0);
  const data = { ...common, step: step.name, requires: requiredUnits(step, plan), last, timeout };
  const unit = (text: string) => [`${unitDirectory}/${unitOf(step)}`, { text, mode: 0o644 }] as const;
  if (step.name === 'mount-usr') {
    return [unit(renderTemplate('units/minimal/sysusr-usr.mount', { ...data, ...mountData(step) }))];
  }
  const script = { text: renderScript(step, plan), mode: 0o755 } as const;
  return [
    unit(renderTemplate('units/minimal/step.service', data)),
    [`${scriptDirectory}/${step.name}`, script],
  ];
}

/** The units of the steps that provide what `step` uses; udev is there for the verity device. */
function requiredUnits(step: Step, plan: BootPlan): readonly string[] {
  const providers = stepsWithUnits(plan).filter(({ provides }) =>
    provides.some((fact) => step.uses.includes(fact)),
  );
  return [...(step.name === 'set-up-verity' ? ['systemd-udevd.service'] : []), ...providers.map(unitOf)];
}

function mountData({ data, variables }: Step): object {
  const { verity, devicePath, fileSystem } = data as MountUsrData;
  const options = variables.find(({ variable }) => variable === 'usr_options');
  return {
    verity,
    devices: [deviceUnit(devicePath)],
    what: verity ? devicePath : '/run/bootrelay/stage1/usr-device',
    fileSystem,
    options: [options?.value, 'ro'].filter(Boolean).join(','),
    optionsSetting: options?.setting,
    optionsWhere: options?.where,
  };
}

/** The script of a step: its values, the same text as in the shell form, what it leaves. */
function renderScript(step: Step, plan: BootPlan): string {
  const { platform, files } = plan;
  const head = { step: step.name, platform, files, ...valuesOf(step, plan) };
  const end =
    step === plan.steps.at(-1) ? '' : renderTemplate('templates/minimal/script-end', { leaves: step.leaves });
  return renderTemplate('templates/minimal/script', head) + renderStepText(step, plan) + end;
}

/** Where the values come from that a step takes: from the steps before it, else from settings. */
function valuesOf(step: Step, plan: BootPlan): { variables: readonly Variable[]; taken: readonly string[] } {
  const before = plan.steps.slice(0, plan.steps.indexOf(step));
  const left = new Set(before.flatMap(({ leaves }) => leaves));
  const settings = plan.steps.flatMap(({ variables }) => variables);
  return {
    variables: settings.filter(({ variable }) => step.takes.includes(variable) && !left.has(variable)),
    taken: step.takes.filter((name) => left.has(name)),
  };
}

/** Seconds that find-usr-partition may wait: once for each device that it looks for. */
function waitingTime({ steps }: BootPlan): number {
  const find = steps.find(({ name }) => name === 'find-usr-partition');
  const timeout = find?.variables.find(({ variable }) => variable === 'device_timeout');
  return (find?.leaves.length ?? 0) * Number(timeout?.value ?? 0);
}

/** Seconds that all steps together may take. */
export function totalTimeout(plan: BootPlan): number {
  return plan.steps.length * stepTimeout + waitingTime(plan);
}
