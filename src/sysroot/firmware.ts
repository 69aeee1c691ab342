/** What the modules of a boot say of themselves: their kernel, and firmware, which a sysroot has or not. */
import { existsSync, readdirSync } from 'node:fs';
import { posix } from 'node:path';
import { placeOf } from '../config/place.ts';
import type { PlatformConfig } from '../config/validate.ts';
import { FailedToolError } from '../errors.ts';
import { type Finding, finding } from '../findings.ts';
import type { BootPlan } from '../plan/boot-plan.ts';
import { showModulesArgs } from '../tools/modprobe.ts';

import { run } from '../tools/run.ts';
import { type Kernel, moduleNameOfPath } from './kernel.ts';
import { fileOfModule, loadedModules, placeOfModule } from './loaded-modules.ts';
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

/** Modules that are of another kernel, and firmware that is not there: one finding a module, since it may ask for thirty files. */
export async function checkModuleFiles(
  config: PlatformConfig,
  plan: BootPlan,
  sysroot: string,
  kernel: Kernel,
): Promise<readonly Finding[]> {
  const files = [...loadedModules(plan, kernel)].map((name) => fileOfModule(name, kernel)).filter(existsSync);
  const modules = await readModules(files).catch((error: unknown) => {
    if (!(error instanceof FailedToolError)) throw error;
    return error.words;
  });
  if (typeof modules === 'string')
    return [finding('file-damaged', `a module of the sysroot cannot be read: ${modules}`, placeOf(config))];
  return [...modules].flatMap(([module, { firmware, vermagic }]) => [
    ...checkKernelOf(module, vermagic, config, plan, kernel),
    ...checkFirmwareOf(module, firmware, config, sysroot, kernel),
  ]);
}

/** insmod refuses a module of another kernel. */
function checkKernelOf(
  module: string,
  vermagic: string | undefined,
  config: PlatformConfig,
  plan: BootPlan,
  kernel: Kernel,
): readonly Finding[] {
  if (vermagic === undefined || vermagic === kernel.version) return [];
  const message = `the module ${module} must be of kernel ${kernel.version}, and is of ${vermagic}`;
  return [finding('file-damaged', message, placeOfModule(module, config, plan))];
}

function checkFirmwareOf(
  module: string,
  names: readonly string[],
  config: PlatformConfig,
  sysroot: string,
  kernel: Kernel,
): readonly Finding[] {
  const missing = names.filter((name) => firmwareFiles(sysroot, kernel.version, name).length === 0);
  const [first, ...rest] = missing;
  if (first === undefined) return [];
  const others = rest.length === 0 ? '' : ` and ${rest.length} more`;
  const message = `the sysroot has no firmware ${first}${others}, which ${module} may ask for`;
  return [finding('firmware-missing', message, placeOf(config))];
}
