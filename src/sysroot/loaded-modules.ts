/** What a boot loads, and whether the files of all of it are there. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { placeOf, placeOfEntry } from '../config/place.ts';
import type { PlatformConfig } from '../config/validate.ts';
import { type Finding, finding } from '../findings.ts';
import { type BootPlan, canonicalModuleName, needsOfPlan } from '../plan/boot-plan.ts';
import { splitModule } from '../plan/steps/load-modules.ts';
import { findDrivers } from './drivers.ts';
import { type Kernel, moduleNameOfPath } from './kernel.ts';

/** Names of all modules that the boot loads or may load: those that are asked for, and what they depend on, softly too. */
export function loadedModules(plan: BootPlan, kernel: Kernel): ReadonlySet<string> {
  const { modules, moduleDirectories } = needsOfPlan(plan);
  const named = modules.map(({ name }) => canonicalModuleName(name));
  const loaded = new Set<string>();
  const pending = [...named, ...findDrivers(kernel, moduleDirectories).keys()];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const file = kernel.modules.get(name);
    if (!file || loaded.has(name)) continue;
    loaded.add(name);
    pending.push(...file.dependencies.map(moduleNameOfPath), ...softDependencies(name, kernel));
  }
  return loaded;
}

function softDependencies(name: string, kernel: Kernel): readonly string[] {
  const names = (kernel.softDependencies().get(name) ?? []).map(canonicalModuleName);
  return names.flatMap((other) =>
    kernel.modules.has(other) ? [other] : (kernel.otherNames().get(other) ?? []),
  );
}

/** Modules that the kernel's tables name and that have no file, and soft dependencies that are nowhere. */
export function checkLoadedModules(
  config: PlatformConfig,
  plan: BootPlan,
  kernel: Kernel,
): readonly Finding[] {
  return [...loadedModules(plan, kernel)].flatMap((name) => [
    ...checkFile(name, config, plan, kernel),
    ...checkSoftDependencies(name, config, kernel),
  ]);
}

/** The file of a module on this machine. */
export function fileOfModule(name: string, kernel: Kernel): string {
  return join(kernel.directory, kernel.modules.get(name)?.path ?? '');
}

/** modules.dep(5) may name what was removed since depmod ran. */
function checkFile(name: string, config: PlatformConfig, plan: BootPlan, kernel: Kernel): readonly Finding[] {
  if (existsSync(fileOfModule(name, kernel))) return [];
  const message = `the sysroot must have ${kernel.modules.get(name)?.path}, which modules.dep of kernel ${kernel.version} names for ${name}`;
  const details = { ...placeOfModule(name, config, plan), hint: 'install it, and run depmod' };
  return [finding('module-missing', message, details)];
}

/** The line of Modules= that names a module, or that of the setting that asks for it. */
export function placeOfModule(name: string, config: PlatformConfig, plan: BootPlan) {
  const same = (other: string) => canonicalModuleName(other) === canonicalModuleName(name);
  const index = config.settings.Modules.Modules.findIndex((entry) => same(splitModule(entry).name));
  if (index >= 0) return placeOfEntry(config, 'Modules.Modules', index);
  return placeOf(config, needsOfPlan(plan).modules.find((need) => same(need.name))?.because);
}

function checkSoftDependencies(name: string, config: PlatformConfig, kernel: Kernel): readonly Finding[] {
  const known = (other: string) =>
    [kernel.builtin, kernel.modules, kernel.otherNames()].some((names) =>
      names.has(canonicalModuleName(other)),
    );
  return (kernel.softDependencies().get(name) ?? [])
    .filter((other) => !known(other))
    .map((other) => {
      const message = `kernel ${kernel.version} has no module ${other}, which ${name} works better with`;
      return finding('module-optional-missing', message, placeOf(config));
    });
}
