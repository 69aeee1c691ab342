/** Drivers of hardware that is not known before the boot: which modules of some directories drive devices. */
import type { Kernel } from './kernel.ts';
import { isBelow } from './module-places.ts';

/** Modules below `directories` of the kernel's tree that drive devices of some bus, in order, each with its modalias patterns. */
export function findDrivers(
  kernel: Kernel,
  directories: readonly string[],
): ReadonlyMap<string, readonly string[]> {
  const aliases = kernel.devices();
  const below = [...kernel.modules.keys()].filter((name) => isModuleBelow(name, directories, kernel));
  return new Map(
    below.flatMap((name) => {
      const own = aliases.get(name) ?? [];
      return own.length > 0 ? [[name, own] as const] : [];
    }),
  );
}

/** Names of built-in modules there. */
export function findBuiltIn(kernel: Kernel, directories: readonly string[]): readonly string[] {
  return [...kernel.builtin].filter((name) => isModuleBelow(name, directories, kernel));
}

/** Whether a module is in one of the directories, or would be there if another did not take its place. */
export function isModuleBelow(name: string, directories: readonly string[], kernel: Kernel): boolean {
  const paths = kernel.places().get(name) ?? [];
  return directories.some((directory) => paths.some((path) => isBelow(path, directory)));
}

/** What to write into [Modules] to have a module of the kernel in the initrd. */
export function settingForModule(name: string, kernel: Kernel, load: 'listed' | 'coldplug'): string {
  const [path = name] = kernel.places().get(name) ?? [];
  const place = path.replace(/^kernel\//, '').replace(/\.ko(\.\w+)?$/, '');
  return load === 'coldplug' ? `ModuleDirectories=${place}` : `Modules=${name}`;
}
