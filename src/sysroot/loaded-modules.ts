/** What a boot loads, and where the files of it are. */
import { join } from 'node:path';
import { type BootPlan, canonicalModuleName, needsOfPlan } from '../plan/boot-plan.ts';
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

/** The file of a module on this machine. */
export function fileOfModule(name: string, kernel: Kernel): string {
  return join(kernel.directory, kernel.modules.get(name)?.path ?? '');
}
