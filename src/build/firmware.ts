/** Firmware of the modules of a boot: which files they may ask for, and where a sysroot has them. */
import { existsSync, readdirSync } from 'node:fs';
import { posix } from 'node:path';
import { placeOf } from '../config/place.ts';
import type { PlatformConfig } from '../config/validate.ts';
import { type Finding, finding } from '../findings.ts';
import type { BootPlan } from '../plan/boot-plan.ts';
import { showModulesArgs } from '../tools/modprobe.ts';
import { FailedToolError } from '../tools/programs.ts';
import { run } from '../tools/run.ts';
import { type Kernel, moduleNameOfPath } from './kernel.ts';
import { fileOfModule, loadedModules } from './loaded-modules.ts';
import { patternToRegExp } from './patterns.ts';
import { fileInSysroot } from './sysroot.ts';

/** Names or patterns of firmware files by module, from modinfo(8). Throws ToolError. */
export async function firmwareByModule(
  files: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (files.length === 0) return new Map();
  const output = await run(showModulesArgs(files));
  const firmware = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of output.split('\n')) {
    const [, field, value = ''] = /^(filename|firmware): +(.*)$/.exec(line) ?? [];
    if (field === 'filename') {
      current = [];
      firmware.set(moduleNameOfPath(value), current);
    }
    if (field === 'firmware') current.push(value);
  }
  return firmware;
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

/** One finding a module, since a driver may ask for any of thirty files. */
export async function checkFirmware(
  config: PlatformConfig,
  plan: BootPlan,
  sysroot: string,
  kernel: Kernel,
): Promise<readonly Finding[]> {
  const files = [...loadedModules(plan, kernel)].map((name) => fileOfModule(name, kernel)).filter(existsSync);
  const firmware = await firmwareByModule(files).catch((error: unknown) => {
    if (!(error instanceof FailedToolError)) throw error;
    return error.words;
  });
  if (typeof firmware === 'string')
    return [finding('file-damaged', `a module of the sysroot cannot be read: ${firmware}`, placeOf(config))];
  return [...firmware].flatMap(([module, names]) => {
    const missing = names.filter((name) => firmwareFiles(sysroot, kernel.version, name).length === 0);
    const [first, ...rest] = missing;
    if (first === undefined) return [];
    const others = rest.length === 0 ? '' : ` and ${rest.length} more`;
    const message = `the sysroot has no firmware ${first}${others}, which ${module} may ask for`;
    return [finding('firmware-missing', message, placeOf(config))];
  });
}
