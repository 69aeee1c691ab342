/** What a boot loads, and where the files of it are. */
import { basename, join, relative } from 'node:path';
import { type BootPlan, canonicalModuleName, needsOfPlan } from '../plan/boot-plan.ts';
import { findDrivers } from './drivers.ts';
import type { Kernel } from './kernel.ts';
import { loadOrder } from './load-order.ts';
import { fileInSysroot } from './paths.ts';

/** A module of the minimal initrd. */
export interface ModuleSource {
  /** The file on this machine, compressed or not. */
  readonly source: string;
  /** Its name in the minimal initrd, where none is compressed: NAME.ko. */
  readonly file: string;
}

/** Names of all modules that the boot loads or may load: those that are needed, and all that comes along with each. */
export function loadedModules(plan: BootPlan, kernel: Kernel): ReadonlySet<string> {
  const { modules, moduleDirectories } = needsOfPlan(plan);
  const named = modules.map(({ name }) => canonicalModuleName(name));
  const drivers = findDrivers(kernel, moduleDirectories).keys();
  return new Set([...named, ...drivers].flatMap((name) => loadOrder(name, kernel)));
}

/** The file of a module on this machine, behind links that lead to others of the sysroot; it need not be there. */
export function fileOfModule(name: string, kernel: Kernel): string {
  const path = kernel.modules.get(name)?.path ?? '';
  if (path.startsWith('/')) return fileInSysroot(kernel.sysroot, path) ?? join(kernel.sysroot, path);
  const file = join(kernel.directory, path);
  return fileInSysroot(kernel.sysroot, relative(kernel.sysroot, file)) ?? file;
}

/** Where a module comes from, and how it is called in the minimal initrd. */
export function sourceOfModule(name: string, kernel: Kernel): ModuleSource {
  const file = basename(kernel.modules.get(name)?.path ?? '').replace(/\.ko\.\w+$/, '.ko');
  return { source: fileOfModule(name, kernel), file };
}
