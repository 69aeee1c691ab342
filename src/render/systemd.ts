/** BootPlan -> the systemd form of stage 1: a unit a step, the scripts they run, systemd's configuration. */
import type { BootPlan, EmergencyPlan, Sourced, Step, Variable } from '../plan/boot-plan.ts';
import type { MountUsrData } from '../plan/steps/mount-usr.ts';
import type { SwitchRootData } from '../plan/steps/switch-root.ts';
import { renderStepText } from './init.ts';
import { renderTemplate } from './templates.ts';
import type { RenderedFile, RenderedTree } from './tree.ts';
import { deviceUnit } from './unit-names.ts';

const unitDirectory = 'usr/lib/systemd/system';
const scriptDirectory = 'usr/lib/bootrelay';

/** Seconds that a step may take, besides waiting for devices. */
const stepTimeout = 90;

/** systemd-system.conf(5) knows no panic and no halt. */
const crashActions = { reboot: 'reboot', poweroff: 'poweroff', halt: 'freeze', panic: 'reboot' } as const;

/** What stage 1 leaves in /run that would count in the full initrd too. */
const leftovers = [
  '/run/bootrelay/stage1',
  '/run/udev',
  '/run/mount',
  '/run/systemd/system/sysusr-usr.mount.d',
];

/** The files of the minimal initrd by their path in it. */
export function renderSystemd(plan: BootPlan): RenderedTree {
  const units = plan.steps.flatMap((step) => (hasUnit(step) ? [unitOf(step)] : []));
  const common = { platform: plan.platform, files: plan.files, emergency: describeEmergency(plan.emergency) };
  const timeouts = { timeout: stepTimeout, totalTimeout: totalTimeout(plan) };
  const file = (template: string, mode: RenderedFile['mode'] = 0o644, data: object = {}): RenderedFile => ({
    text: renderTemplate(template, { ...common, ...timeouts, ...data }),
    mode,
  });
  const switchRoot = plan.steps.at(-1)?.data as SwitchRootData;
  return new Map<string, RenderedFile>([
    [`${unitDirectory}/initrd.target`, file('units/minimal/initrd.target', 0o644, { units })],
    ...plan.steps.filter(hasUnit).flatMap((step) => renderStep(step, plan, file)),
    [
      `${unitDirectory}/bootrelay-enter-full-initrd.target`,
      file('units/minimal/bootrelay-enter-full-initrd.target'),
    ],
    [
      `${unitDirectory}/bootrelay-enter-full-initrd.service`,
      file('units/minimal/bootrelay-enter-full-initrd.service', 0o644, {
        stopped: ['systemd-udevd.service', ...units],
      }),
    ],
    [
      `${scriptDirectory}/enter-full-initrd`,
      file('templates/minimal/enter-full-initrd', 0o755, { init: switchRoot.init, leftovers }),
    ],
    ...['systemd-journald', 'systemd-udevd'].map(
      (service) =>
        [
          `${unitDirectory}/${service}.service.d/bootrelay.conf`,
          file(`units/minimal/${service}.service.d/bootrelay.conf`),
        ] as const,
    ),
    [
      `${unitDirectory}/systemd-udevd-kernel.socket.d/bootrelay.conf`,
      file('units/minimal/systemd-udevd-kernel.socket.d/bootrelay.conf', 0o644, {
        before: ['bootrelay-find-usr-partition.service'],
      }),
    ],
    [`${unitDirectory}/bootrelay-emergency.service`, file('units/minimal/bootrelay-emergency.service')],
    [`${scriptDirectory}/step-functions`, file('templates/minimal/step-functions')],
    [
      `${scriptDirectory}/emergency`,
      file('templates/minimal/emergency', 0o755, { units: plan.steps.flatMap(blame) }),
    ],
    [
      'etc/systemd/system.conf',
      file('templates/minimal/system.conf', 0o644, {
        crashAction: crashActions[plan.emergency.action.value],
      }),
    ],
    ['etc/systemd/journald.conf', file('templates/minimal/journald.conf')],
    ['etc/passwd', file('templates/minimal/passwd')],
    ['etc/group', file('templates/minimal/group')],
  ]);
}

function describeEmergency(emergency: EmergencyPlan) {
  return { ...emergency, panics: emergency.action.value === 'panic' };
}

/** systemd itself mounts the kernel's file systems before it starts any unit. */
function hasUnit({ name }: Step): boolean {
  return name !== 'mount-kernel-filesystems';
}

/** The unit of a step. */
export function unitOf({ name }: Step): string {
  return name === 'mount-usr' ? 'sysusr-usr.mount' : `bootrelay-${name}.service`;
}

/** The units of the steps that provide what `step` uses. */
function requiredUnits(step: Step, plan: BootPlan): readonly string[] {
  const providers = plan.steps.filter(
    (other) => hasUnit(other) && other.provides.some((fact) => step.uses.includes(fact)),
  );
  return [...(step.name === 'set-up-verity' ? ['systemd-udevd.service'] : []), ...providers.map(unitOf)];
}

function blame(step: Step): readonly { readonly unit: string; readonly reason: string }[] {
  if (!hasUnit(step)) return [];
  const what = step.name === 'mount-usr' ? (step.data as MountUsrData).failure : 'its unit did not end well';
  return [{ unit: unitOf(step), reason: `${step.name} failed: ${what}` }];
}

type RenderFile = (template: string, mode?: RenderedFile['mode'], data?: object) => RenderedFile;

function renderStep(
  step: Step,
  plan: BootPlan,
  file: RenderFile,
): readonly (readonly [string, RenderedFile])[] {
  const requires = requiredUnits(step, plan);
  const path = `${unitDirectory}/${unitOf(step)}`;
  if (step.name === 'mount-usr')
    return [[path, file('units/minimal/sysusr-usr.mount', 0o644, mountData(step, requires))]];
  const last = step === plan.steps.at(-1);
  const timeout = stepTimeout + (step.name === 'find-usr-partition' ? waitingTime(plan) : 0);
  return [
    [path, file('units/minimal/step.service', 0o644, { step: step.name, requires, last, timeout })],
    [`${scriptDirectory}/${step.name}`, { text: renderScript(step, plan), mode: 0o755 }],
  ];
}

function mountData({ data, variables }: Step, requires: readonly string[]): object {
  const { verity, devicePath, fileSystem } = data as MountUsrData;
  const options = variables.find(({ variable }) => variable === 'usr_options');
  return {
    requires,
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
  const { variables, taken } = valuesOf(step, plan);
  const head = { step: step.name, platform: plan.platform, files: plan.files, variables, taken };
  const last = step === plan.steps.at(-1);
  return [
    renderTemplate('templates/minimal/script', head),
    renderStepText(step, plan),
    ...(last ? [] : [renderTemplate('templates/minimal/script-end', { leaves: step.leaves })]),
  ].join('');
}

/** Where the values come from that a step takes: from settings, or from the steps before it. */
function valuesOf(step: Step, plan: BootPlan): { variables: readonly Variable[]; taken: readonly string[] } {
  const before = plan.steps.slice(0, plan.steps.indexOf(step));
  const left = new Set(before.flatMap(({ leaves }) => leaves));
  const settings = plan.steps.flatMap(({ variables }) => variables);
  const taken = step.takes.filter((name) => left.has(name));
  return {
    variables: settings.filter(({ variable }) => step.takes.includes(variable) && !left.has(variable)),
    taken,
  };
}

function deviceTimeout(plan: BootPlan): Sourced<string | number> | undefined {
  return plan.steps
    .flatMap(({ variables }) => variables)
    .find(({ variable }) => variable === 'device_timeout');
}

/** Seconds that find-usr-partition may wait: once for each device that it looks for. */
function waitingTime(plan: BootPlan): number {
  const found = plan.steps.flatMap(({ leaves }) => leaves).filter((name) => name.endsWith('_partition'));
  return found.length * Number(deviceTimeout(plan)?.value ?? 0);
}

function totalTimeout(plan: BootPlan): number {
  return plan.steps.length * stepTimeout + waitingTime(plan);
}
