/** What modules say of themselves: their kernel, and firmware, which a sysroot has or not. */
import { existsSync, readdirSync } from 'node:fs';
import { posix } from 'node:path';
import { showModulesArgs } from '../tools/modprobe.ts';
import { run } from '../tools/run.ts';
import { moduleNameOfPath } from './kernel.ts';
import { fileInSysroot } from './paths.ts';
import { patternToRegExp } from './patterns.ts';

/** What a module says of itself. */
export interface ModuleInfo {
  /** Names or patterns of firmware files that it may ask for. */
  readonly firmware: readonly string[];
  /** The kernel that it was built for; its first word is the version. */
  readonly vermagic: string | undefined;
}

/** By name of the module, from modinfo(8). Throws ToolError. */
export async function readModules(files: readonly string[]): Promise<ReadonlyMap<string, ModuleInfo>> {
  if (files.length === 0) return new Map();
  const output = await run(showModulesArgs(files));
  const modules = output.split(/^(?=filename: )/m).flatMap((text) => {
    const file = /^filename: +(.*)$/m.exec(text)?.[1];
    if (file === undefined) return [];
    const firmware = [...text.matchAll(/^firmware: +(.*)$/gm)].map(([, name = '']) => name);
    const vermagic = /^vermagic: +(\S+)/m.exec(text)?.[1];
    return [[moduleNameOfPath(file), { firmware, vermagic }] as const];
  });
  return new Map(modules);
}

/** Where the kernel looks, in its order (Documentation/driver-api/firmware/fw_search_path.rst). */
const directories = (version: string) => [
  `/usr/lib/firmware/updates/${version}`,
  '/usr/lib/firmware/updates',
  `/usr/lib/firmware/${version}`,
  '/usr/lib/firmware',
];

/** The files of a sysroot that a name or pattern stands for, compressed or not; none where it has none. */
export function firmwareFiles(sysroot: string, version: string, name: string): readonly string[] {
  return directories(version).flatMap((directory) => {
    const place = posix.join(directory, posix.dirname(name));
    const pattern = patternToRegExp(posix.basename(name), '(\\.xz|\\.zst)?');
    const real = fileInSysroot(sysroot, place);
    const names = real !== undefined && existsSync(real) ? readdirSync(real) : [];
    return names
      .filter((file) => pattern.test(file))
      .sort()
      .map((file) => posix.join(place, file))
      .filter((path) => fileInSysroot(sysroot, path) !== undefined);
  });
}
