/** What happens when a step fails. */

import { imageHost, usesUsr } from '../config/image-host.ts';
import type { PlatformSettings } from '../config/settings.ts';
import type { PlatformConfig } from '../config/validate.ts';
import { verityDevicePath, verityTool } from '../config/verity-device.ts';
import { retriesAfterShell } from './after-shell.ts';
import type { EmergencyPlan, UndoPlan } from './boot-plan.ts';
import type { ProgramNeed } from './need.ts';
import { applets, asks } from './needs.ts';
import { onlyIf } from './only-if.ts';
import { sourced } from './source.ts';
import { verityProgram } from './steps/set-up-verity.ts';
import { systemctl } from './systemd.ts';

/** What the platform does when a step stops. */
export function planEmergency(config: PlatformConfig): EmergencyPlan {
  const { Emergency, Initrd, KernelCommandLine } = config.settings;
  const withPassword = Emergency.Shell === 'password';
  const credential = withPassword ? Emergency.PasswordCredential : undefined;
  return {
    action: sourced(config, 'Emergency.Action', Emergency.Action),
    delay: sourced(config, 'Emergency.Delay', Emergency.Delay),
    shell: sourced(config, 'Emergency.Shell', Emergency.Shell),
    afterShell: sourced(config, 'Emergency.AfterShell', Emergency.AfterShell),
    undo: retriesAfterShell(config.settings) ? planUndo(config.settings) : undefined,
    passwordHash: withPassword ? Emergency.PasswordHash : undefined,
    passwordCredential:
      credential === undefined ? undefined : sourced(config, 'Emergency.PasswordCredential', credential),
    fullInitrd: sourced(config, 'Emergency.FullInitrd', Emergency.FullInitrd),
    reasons: [
      'program-missing',
      ...onlyIf(Initrd.Init === 'systemd', 'run-unwritable', 'unit-failed'),
      ...onlyIf(retriesAfterShell(config.settings), 'retry-refused'),
    ],
    debug: Emergency.Debug ? sourced(config, 'Emergency.Debug', KernelCommandLine.Break) : undefined,
  };
}

/** What has to be undone before a boot can begin again. */
function planUndo(settings: PlatformSettings): UndoPlan {
  const files = imageHost(settings)?.files;
  const host = files && (files.copied ? '/memory' : '/host');
  if (settings.Verity.Verity === 'no') return { verity: undefined, host };
  const device = usesUsr(settings) ? verityDevicePath(settings) : undefined;
  return { verity: { name: settings.Verity.Name, device, tool: { [verityTool(settings)]: true } }, host };
}

/** What the emergency action needs, whichever step fails, and breakpoints. */
export function emergencyNeeds(settings: PlatformSettings): readonly ProgramNeed[] {
  const { Emergency, Initrd } = settings;
  const shell = Emergency.Shell === 'never' ? [] : ['head', 'setsid', 'timeout', 'wc'];
  const login = Emergency.Shell === 'password' ? ['login'] : [];
  const credential = Emergency.Shell === 'password' && Emergency.PasswordCredential !== undefined;
  return [
    ...applets('sh', 'sleep'),
    // For the failure of a mount unit, which has no script of its own.
    ...asks('Initrd.Init', applets(...onlyIf(Initrd.Init === 'systemd' && usesUsr(settings), 'grep'))),
    ...asks('Emergency.Action', applets(...(Emergency.Action === 'panic' ? [] : [Emergency.Action]))),
    ...asks('Emergency.Shell', applets(...shell, ...login)),
    ...asks('Emergency.PasswordCredential', applets(...onlyIf(credential, 'grep'))),
    ...(retriesAfterShell(settings) ? asks('Emergency.AfterShell', undoNeeds(settings)) : []),
    ...asks('Emergency.Debug', applets(...(Emergency.Debug ? ['grep', 'setsid'] : []))),
  ];
}

function undoNeeds(settings: PlatformSettings): readonly ProgramNeed[] {
  const systemd = settings.Initrd.Init === 'systemd';
  return [
    ...applets('umount', ...onlyIf(systemd, 'rm'), ...onlyIf(imageHost(settings)?.files, 'losetup')),
    ...onlyIf(systemd, systemctl),
    ...onlyIf(settings.Verity.Verity === 'required', verityProgram(settings)),
  ];
}
