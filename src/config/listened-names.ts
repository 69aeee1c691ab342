/** The names of parameters that a platform listens to, apart from what says how. */
import type { PlatformSettings } from './settings.ts';

type Section = PlatformSettings['KernelCommandLine'];

export function listenedNames({
  Override: _,
  Repeated: __,
  ...names
}: Section): Omit<Section, 'Override' | 'Repeated'> {
  return names;
}
