/** What the full initrd needs to reuse and check /usr: units, a check, and the dracut module that installs them. */
import { verityDevicePath } from '../config/rules.ts';
import type { PlatformConfig } from '../config/validate.ts';
import type { BootPlan } from '../plan/boot-plan.ts';
import { emergencyData } from './emergency.ts';
import { renderTemplate } from './templates.ts';
import type { RenderedFile } from './tree.ts';

/** systemd's name for the emergency action: systemd.unit(5), FailureAction=. The check itself panics. */
const failureActions = {
  reboot: 'reboot-force',
  poweroff: 'poweroff-force',
  halt: 'halt-force',
  panic: 'reboot-immediate',
} as const;

/** The dracut module's files by name. */
export function renderDracutModule(
  config: PlatformConfig,
  plan: BootPlan,
): ReadonlyMap<string, RenderedFile> {
  const { Verity, Usr } = config.settings;
  const verity = Verity.Verity === 'required';
  // Without verity the source is only known at boot; systemd takes the mount that is there as its unit.
  const mounts = [...(verity ? ['sysusr-usr.mount'] : []), 'sysroot-usr.mount'];
  const enabled = ['bootrelay-check-usr.service', ...mounts];
  const units = [...enabled, ...(verity ? ['systemd-veritysetup@usr.service'] : [])];
  const data = {
    platform: plan.platform,
    files: plan.files,
    verity,
    verityName: Verity.Name,
    devicePath: verityDevicePath(config.settings),
    fileSystem: Usr.FileSystem,
    units,
    enabledUnits: enabled,
    emergency: emergencyData(plan),
    failureAction: failureActions[plan.emergency.action.value],
  };
  const file = (template: string, mode: RenderedFile['mode'] = 0o644): RenderedFile => ({
    text: renderTemplate(template, data),
    mode,
  });
  return new Map<string, RenderedFile>([
    ['module-setup.sh', file('templates/full/module-setup.sh', 0o755)],
    ['check-usr', file('templates/full/check-usr', 0o755)],
    ...units.map((unit) => [unit, file(`units/full/${unit}`)] as const),
    ...(verity ? [['12-bootrelay.rules', file('templates/full/12-bootrelay.rules')] as const] : []),
  ]);
}
