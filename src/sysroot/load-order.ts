/** What modprobe(8) loads for a module, and in which order. */
import { type Kernel, resolveModuleName } from './kernel.ts';
import { moduleNameOfPath } from './module-tables.ts';

/**
 * Names of the modules to load for one, itself among them: for each that it depends on, and for it, first what that works better
 * with, then it, then what is to come behind it (kmod, probe list). None where the kernel has no module of that name.
 */
export function loadOrder(name: string, kernel: Kernel): readonly string[] {
  const order = new Set<string>();
  const visited = new Set<string>();
  const visit = (module: string): void => {
    const file = kernel.modules.get(module);
    if (!file || visited.has(module)) return;
    visited.add(module);
    for (const path of file.dependencies.toReversed()) {
      const dependency = moduleNameOfPath(path);
      // Some tables name only what a module needs directly.
      if (!visited.has(dependency)) visit(dependency);
      else if (!order.has(dependency)) place(dependency);
    }
    if (!order.has(module)) place(module);
  };
  const place = (module: string): void => {
    if (!kernel.modules.has(module)) return;
    const { before, after } = kernel.softDependencies(module);
    for (const other of before.flatMap((soft) => resolveModuleName(soft, kernel) ?? [])) visit(other);
    order.add(module);
    for (const other of after.flatMap((soft) => resolveModuleName(soft, kernel) ?? [])) visit(other);
  };
  visit(name);
  return [...order];
}
