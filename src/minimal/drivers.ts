/**
 * The drivers of the minimal initrd, and the shell function that finds them by modalias, from the kernel's modules.alias
 * (its patterns are those of fnmatch(3)).
 */
import { basename } from 'node:path';
import { findDrivers } from '../sysroot/drivers.ts';
import type { Kernel } from '../sysroot/kernel.ts';
import { quotePattern } from '../text/quote.ts';
import { showDependsArgs } from '../tools/modprobe.ts';
import { run } from '../tools/run.ts';
import { moduleFileName, readInsmodLines } from './modules.ts';

export interface Driver {
  /** The module and what it depends on, as files of the sysroot in load order. */
  readonly sources: readonly string[];
  /** modalias patterns of the devices that it drives. */
  readonly aliases: readonly string[];
}

/** The drivers with all that they depend on, soft dependencies too. Throws ToolError. */
export async function resolveDrivers(
  directories: readonly string[],
  sysroot: string,
  kernel: Kernel,
): Promise<readonly Driver[]> {
  const drivers: Driver[] = [];
  for (const [name, aliases] of findDrivers(kernel, directories)) {
    const output = await run(showDependsArgs(sysroot, kernel.version, name));
    drivers.push({ aliases, sources: readInsmodLines(output) });
  }
  return drivers;
}

/** /modules/drivers of the minimal initrd: a function that loads all drivers of a device. */
export function formatDrivers(drivers: readonly Driver[], kernel: Kernel): string {
  const lines = drivers.map(({ sources, aliases }) => {
    const files = sources.map((source) => moduleFileName(basename(source)));
    return `  case $1 in ${aliases.map(quotePattern).join('|')}) load ${files.join(' ')} ;; esac\n`;
  });
  return [
    `# Which modules drive a device, dependencies first: from modules.alias of kernel ${kernel.version}.\n`,
    'load_drivers_of() { # MODALIAS\n',
    ...(lines.length > 0 ? lines : ['  :\n']),
    '}\n',
  ].join('');
}
