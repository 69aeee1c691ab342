/** What happens when a step fails. */
import type { PlatformSettings } from '../config/settings.ts';
import type { ProgramNeed } from './boot-plan.ts';
import { applets } from './needs.ts';

/** What the emergency action needs, whichever step fails. */
export function emergencyNeeds({ Emergency, Initrd }: PlatformSettings): readonly ProgramNeed[] {
  const action = Emergency.Action === 'panic' ? [] : [Emergency.Action];
  const asks = Initrd.Init === 'systemd' ? ['grep'] : [];
  return applets('sleep', ...asks, ...action);
}
