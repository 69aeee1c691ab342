/** The emergency action as text: the script that ends a boot, and what its shell needs. */
import { passwordHashPatterns } from '../config/value-types/hashes.ts';
import type { BootPlan, EmergencyPlan } from '../plan/boot-plan.ts';
import { deviceUnit } from '../plan/unit-names.ts';
import { usrMountDropIns } from '../plan/usr-mount.ts';
import { unitsOfPlan } from './step-units.ts';
import { renderTemplate } from './templates.ts';
import type { RenderedFile } from './tree.ts';

export type PathAndFile = readonly [path: string, file: RenderedFile];

/** The plan's emergency action, and whether it is a panic: no program does that. */
export function emergencyData({ emergency }: BootPlan): EmergencyPlan & { readonly panics: boolean } {
  return { ...emergency, panics: emergency.action.value === 'panic' };
}

/** What the shell is started with: a login that checks the password, or none. */
const shellCommands = { never: [], password: ['login', 'root'], always: ['sh', '-i'] } as const;

/** The script of the emergency action; the accounts that its shell or systemd want. */
export function renderEmergency(plan: BootPlan): readonly PathAndFile[] {
  const { platform, files, form, emergency } = plan;
  const systemd = form === 'systemd';
  const opensShell = emergency.shell.value !== 'never';
  const seconds = Math.floor(emergency.delay.value);
  const data = {
    ...{ platform, files, systemd, emergency: emergencyData(plan), opensShell, seconds },
    fraction: Number((emergency.delay.value - seconds).toFixed(3)),
    shellCommand: shellCommands[emergency.shell.value],
    passwordHash: emergency.passwordHash,
    credentialFiles: emergency.passwordCredential && credentialFiles(emergency.passwordCredential.value),
    hashPatterns: passwordHashPatterns,
    ...undoData(plan),
    ...(systemd && failedUnit(plan)),
  };
  const file = (path: string, mode: RenderedFile['mode']): PathAndFile => {
    const name = path.split('/').at(-1);
    return [path, { text: renderTemplate(`templates/minimal/${name}`, data), mode }];
  };
  return [
    file('usr/lib/bootrelay/emergency', 0o755),
    ...(systemd || opensShell ? [file('etc/passwd', 0o644), file('etc/group', 0o644)] : []),
    ...(emergency.passwordHash === undefined ? [] : [file('etc/shadow', 0o600)]),
  ];
}

/** Where systemd-stub puts the credential NAME: that of the kernel image before that of all (systemd-stub(7)). */
function credentialFiles(name: string): readonly string[] {
  return ['credentials', 'global_credentials'].map((directory) => `/.extra/${directory}/${name}.cred`);
}

/** What the script takes away before the boot begins again. */
function undoData(plan: BootPlan): object {
  const { undo } = plan.emergency;
  if (!undo) return {};
  const { verity } = undo;
  return {
    units: unitsOfPlan(plan)
      .map(({ unit }) => unit)
      .reverse(),
    dropIns: usrMountDropIns,
    stillMapped: verity && `the verity device ${verity.name} is still in use`,
    deviceUnit:
      verity?.device !== undefined && plan.form === 'systemd' ? deviceUnit(verity.device) : undefined,
  };
}

/** What the systemd form can tell of a unit that failed without a word of its own. */
function failedUnit({ steps }: BootPlan): object {
  const mounts = steps.flatMap(({ name, systemd }, index) => {
    if (systemd.by !== 'mount unit') return [];
    const { where, failure } = systemd.mount;
    const words = { mounted: ` ${where} `, failure: `${failure.reason}: ${failure.text}` };
    return [{ name, ...words, next: steps[index + 1]?.name }];
  });
  return { first: steps.find(({ systemd }) => systemd.by !== 'PID 1')?.name, mounts };
}

/** Shell text of breakpoints and a trace; empty where the platform has none. */
export function renderDebug(plan: BootPlan): string {
  const { debug } = plan.emergency;
  if (!debug) return '';
  const breakPattern = `${debug.value.replaceAll('.', '[.]')}=`;
  return renderTemplate('templates/minimal/debug', { emergency: plan.emergency, breakPattern });
}
