/** BootPlan -> the systemd form of stage 1: the steps in units, the switch, what happens on failure, systemd's configuration. */
import type { BootPlan } from '../plan/boot-plan.ts';
import { udevUnit } from '../plan/systemd.ts';
import { deviceUnit } from '../plan/unit-names.ts';
import { usrMountDropIns } from '../plan/usr-mount.ts';
import { emergencyData, type PathAndFile, renderDebug } from './emergency.ts';
import { unsafeVariables } from './environment.ts';
import {
  type StepUnit,
  startedBefore,
  totalTimeout,
  unitBefore,
  unitsOfPlan,
  unitTimeout,
} from './step-units.ts';
import { renderUnit, scriptDirectory, unitDirectory } from './systemd-steps.ts';
import { renderTemplate } from './templates.ts';
import type { RenderedFile, RenderedTree } from './tree.ts';

/** What systemd does where even the emergency action fails: systemd.unit(5), FailureAction=, which knows no panic. */
const immediateActions = {
  reboot: 'reboot-immediate',
  poweroff: 'poweroff-immediate',
  // Older ones than 254 know no halt.
  halt: 'poweroff-immediate',
  panic: 'reboot-immediate',
} as const;

/** systemd-system.conf(5) knows no panic and no halt. */
const crashActions = { reboot: 'reboot', poweroff: 'poweroff', halt: 'freeze', panic: 'reboot' } as const;

/** Seconds that udev may take to make the verity device known once it is set up. */
const deviceReadyTimeout = 30;

/** What stage 1 leaves in /run that would count in the full initrd too. */
const leftovers = ['/run/bootrelay/stage1', '/run/udev', '/run/mount', usrMountDropIns];

/** The files of the minimal initrd by their path in it. */
export function renderSystemd(plan: BootPlan): RenderedTree {
  const { platform, files } = plan;
  const common = {
    platform,
    files,
    emergency: emergencyData(plan),
    units: unitsOfPlan(plan).map(({ unit }) => unit),
    timeout: plan.emergency.debug ? 'infinity' : unitTimeout,
    totalTimeout: totalTimeout(plan),
    unsafeVariables,
    emergencyTimeout: emergencyTimeout(plan),
    failureAction: immediateActions[plan.emergency.action.value],
  };
  return new Map<string, RenderedFile>([
    ['init', { text: renderTemplate('templates/minimal/init', common), mode: 0o755 }],
    unit('initrd.target', common),
    ...unitsOfPlan(plan).flatMap((own) => renderUnit(own, plan, common)),
    stepFunctions(plan, common),
    ...renderUdev(plan, common),
    ...renderSwitch(plan, common),
    unit('bootrelay-emergency.service', common),
    ...renderConfiguration(plan, common),
  ]);
}

/** Seconds until the emergency action counts as failed; none where somebody may use its shell. */
function emergencyTimeout({ emergency }: BootPlan): number | 'infinity' {
  return emergency.shell.value === 'never' ? Math.ceil(emergency.delay.value) + 30 : 'infinity';
}

function unit(name: string, data: object): PathAndFile {
  return [`${unitDirectory}/${name}`, { text: renderTemplate(`units/minimal/${name}`, data), mode: 0o644 }];
}

function script(name: string, data: object, mode: RenderedFile['mode'] = 0o755): PathAndFile {
  return [`${scriptDirectory}/${name}`, { text: renderTemplate(`templates/minimal/${name}`, data), mode }];
}

function stepFunctions(plan: BootPlan, common: object): PathAndFile {
  const [path, { text }] = script('step-functions', common);
  return [path, { text: text + renderDebug(plan), mode: 0o644 }];
}

/** udev runs for the devices that steps make, and only where there are some. */
function renderUdev(plan: BootPlan, common: object): readonly PathAndFile[] {
  const withUdev = unitsOfPlan(plan).filter((own) => startedBefore(own).includes(udevUnit));
  const [first] = withUdev;
  if (!first) return [];
  const beforeUdev = [unitBefore(first, plan)?.unit];
  return [
    unit('systemd-udevd.service.d/bootrelay.conf', common),
    unit('systemd-udevd-kernel.socket.d/bootrelay.conf', { ...common, beforeUdev }),
    ...withUdev.flatMap((own) => deviceDropIns(own, common)),
  ];
}

/** What the .device units of the devices that a unit makes wait for. */
function deviceDropIns(own: StepUnit, common: object): readonly PathAndFile[] {
  const data = { ...common, deviceReadyTimeout, after: [own.unit] };
  return own.steps.flatMap(({ systemd }): readonly PathAndFile[] => {
    if (systemd.by !== 'script' || systemd.device === undefined) return [];
    const text = renderTemplate('units/minimal/verity-device.conf', data);
    return [[`${unitDirectory}/${deviceUnit(systemd.device)}.d/bootrelay.conf`, { text, mode: 0o644 }]];
  });
}

/** The end of stage 1: everything stops, systemd switches to the full initrd. */
function renderSwitch(plan: BootPlan, common: object): readonly PathAndFile[] {
  const last = plan.steps.at(-1);
  const enters = last?.systemd.by === 'script' ? last.systemd.enters : undefined;
  const lastUnit = unitsOfPlan(plan).at(-1)?.unit;
  return [
    unit('bootrelay-enter-full-initrd.target', { ...common, lastUnit }),
    unit('bootrelay-enter-full-initrd.service', common),
    script('enter-full-initrd', { ...common, ...enters, leftovers, last: last?.name }),
  ];
}

function renderConfiguration({ emergency }: BootPlan, common: object): readonly PathAndFile[] {
  const crashAction = crashActions[emergency.action.value];
  // For systemd 255, which does not know CrashAction=.
  const data = { ...common, crashAction, crashReboots: crashAction === 'reboot' };
  const file = (path: string, template: string): PathAndFile => [
    path,
    { text: renderTemplate(`templates/minimal/${template}`, data), mode: 0o644 },
  ];
  return [
    unit('systemd-journald.service.d/bootrelay.conf', common),
    file('etc/systemd/system.conf', 'system.conf'),
    file('etc/systemd/journald.conf', 'journald.conf'),
  ];
}
