/** What happens when a step fails. */
import type { PlatformSettings } from '../config/settings.ts';
import type { ProgramNeed } from './boot-plan.ts';
import { applets, programs } from './needs.ts';

/** What the emergency action needs, whichever step fails. */
export function emergencyNeeds({ Initrd, Emergency }: PlatformSettings): readonly ProgramNeed[] {
  const action = Emergency.Action === 'panic' ? [] : [Emergency.Action];
  if (Initrd.Init === 'shell') return applets('sleep', ...action);
  return [...applets('cat', 'sleep', ...action), ...programs('/usr/bin/systemctl')];
}
