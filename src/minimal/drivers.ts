/**
 * The drivers of the minimal initrd, and the shell function that finds them by modalias, from the kernel's modules.alias
 * (its patterns are those of fnmatch(3)).
 */
import { findDrivers } from '../sysroot/drivers.ts';
import type { Kernel } from '../sysroot/kernel.ts';
import { loadOrder } from '../sysroot/load-order.ts';
import { type ModuleSource, sourceOfModule } from '../sysroot/loaded-modules.ts';
import { quotePattern } from '../text/quote.ts';

export interface Driver {
  /** What comes before the module, in load order, and it. */
  readonly modules: readonly ModuleSource[];
  /** What comes behind it. */
  readonly after: readonly ModuleSource[];
  /** modalias patterns of the devices that it drives. */
  readonly aliases: readonly string[];
}

/** The drivers with all that they depend on, soft dependencies too. */
export function resolveDrivers(directories: readonly string[], kernel: Kernel): readonly Driver[] {
  return [...findDrivers(kernel, directories)].map(([name, aliases]) => {
    const order = loadOrder(name, kernel);
    const sources = order.map((module) => sourceOfModule(module, kernel));
    const own = order.indexOf(name) + 1;
    return { aliases, modules: sources.slice(0, own), after: sources.slice(own) };
  });
}

/** /modules/drivers of the minimal initrd: a function that loads all drivers of a device. */
export function formatDrivers(drivers: readonly Driver[], kernel: Kernel): string {
  const lines = drivers.map(({ modules, after, aliases }) => {
    const loads = [modules, after].filter(({ length }) => length > 0).map(formatLoad);
    return `  case $1 in ${aliases.map(quotePattern).join('|')}) ${loads.join('; ')} ;; esac\n`;
  });
  return [
    `# Which modules drive a device, dependencies first: from modules.alias of kernel ${kernel.version}.\n`,
    'load_drivers_of() { # MODALIAS\n',
    ...(lines.length > 0 ? lines : ['  :\n']),
    '}\n',
  ].join('');
}

function formatLoad(modules: readonly ModuleSource[]): string {
  return ['load', ...modules.map(({ file }) => file)].join(' ');
}
