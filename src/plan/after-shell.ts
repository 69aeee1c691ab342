/** What follows when the emergency shell is left. */
import type { PlatformSettings } from '../config/settings.ts';

/** True where a boot can begin again in a machine in which one has failed before. */
export function retriesAfterShell({ Emergency }: PlatformSettings): boolean {
  return Emergency.Shell !== 'never' && Emergency.AfterShell === 'retry';
}
