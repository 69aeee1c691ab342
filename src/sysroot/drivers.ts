/** Drivers of hardware that is not known before the boot: which modules of some directories drive devices. */
import type { Kernel } from './kernel.ts';

/** Names of modules below `directories` of the kernel's tree that drive devices of some bus, in order. */
export function findDrivers(
  kernel: Kernel,
  directories: readonly string[],
): ReadonlyMap<string, readonly string[]> {
  const aliases = kernel.devices();
  const below = [...kernel.modules].filter(([, { path }]) =>
    directories.some((place) => path.startsWith(`kernel/${place}/`) || path.startsWith(`kernel/${place}.ko`)),
  );
  return new Map(
    below.flatMap(([name]) => {
      const own = aliases.get(name) ?? [];
      return own.length > 0 ? [[name, own] as const] : [];
    }),
  );
}
