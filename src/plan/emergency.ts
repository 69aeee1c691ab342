/** What happens when a step fails. */
import type { PlatformSettings } from '../config/settings.ts';
import type { PlatformConfig } from '../config/validate.ts';
import type { EmergencyPlan } from './boot-plan.ts';
import type { ProgramNeed } from './need.ts';
import { applets, asks } from './needs.ts';
import { onlyIf } from './only-if.ts';
import { sourced } from './source.ts';

/** What the platform does when a step stops. */
export function planEmergency(config: PlatformConfig): EmergencyPlan {
  const { Emergency, Initrd, KernelCommandLine } = config.settings;
  return {
    action: sourced(config, 'Emergency.Action', Emergency.Action),
    delay: sourced(config, 'Emergency.Delay', Emergency.Delay),
    shell: sourced(config, 'Emergency.Shell', Emergency.Shell),
    passwordHash: Emergency.Shell === 'password' ? Emergency.PasswordHash : undefined,
    reasons: ['program-missing', ...onlyIf(Initrd.Init === 'systemd', 'run-unwritable', 'unit-failed')],
    debug: Emergency.Debug ? sourced(config, 'Emergency.Debug', KernelCommandLine.Break) : undefined,
  };
}

/** What the emergency action needs, whichever step fails, and breakpoints. */
export function emergencyNeeds({ Emergency, Initrd }: PlatformSettings): readonly ProgramNeed[] {
  const shell = Emergency.Shell === 'never' ? [] : ['head', 'setsid', 'timeout', 'wc'];
  const login = Emergency.Shell === 'password' ? ['login'] : [];
  return [
    ...applets('sh', 'sleep'),
    ...asks('Initrd.Init', applets(...(Initrd.Init === 'systemd' ? ['grep'] : []))),
    ...asks('Emergency.Action', applets(...(Emergency.Action === 'panic' ? [] : [Emergency.Action]))),
    ...asks('Emergency.Shell', applets(...shell, ...login)),
    ...asks('Emergency.Debug', applets(...(Emergency.Debug ? ['grep', 'setsid'] : []))),
  ];
}
