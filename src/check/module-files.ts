/** What the files of the modules say: are they of this kernel, and is the firmware there that they may ask for? */
import { existsSync } from 'node:fs';
import { placeOf } from '../config/place.ts';
import type { PlatformConfig } from '../config/validate.ts';
import { FailedToolError } from '../errors.ts';
import { type Finding, finding } from '../findings.ts';
import type { BootPlan } from '../plan/boot-plan.ts';
import { firmwareFiles, readModules } from '../sysroot/firmware.ts';
import { damageOf } from '../sysroot/firmware-directory.ts';
import type { Kernel } from '../sysroot/kernel.ts';
import { fileOfModule, loadedModules } from '../sysroot/loaded-modules.ts';
import { fileInSysroot } from '../sysroot/paths.ts';
import { defineCheck, type Known } from './check.ts';
import { placeOfModule } from './modules.ts';

export const moduleFileChecks = [
  defineCheck({ name: 'module-files', needs: ['sysroot', 'kernel'], run: checkModuleFiles }),
];

/** Modules that are of another kernel, and firmware that is not there: one finding a module, since it may ask for thirty files. */
async function checkModuleFiles({
  config,
  plan,
  sysroot,
  kernel,
}: Known<'sysroot' | 'kernel'>): Promise<readonly Finding[]> {
  const files = new Map([...loadedModules(plan, kernel)].map((name) => [fileOfModule(name, kernel), name]));
  const modules = await readModules([...files.keys()].filter(existsSync)).catch((error: unknown) => {
    if (error instanceof FailedToolError) return error.words;
    throw error;
  });
  if (typeof modules === 'string')
    return [finding('file-damaged', `a module of the sysroot cannot be read: ${modules}`, placeOf(config))];
  const ofModules = [...modules].flatMap(([file, { firmware, vermagic }]) => {
    const module = files.get(file) ?? file;
    return [
      ...checkKernelOf(module, vermagic, config, plan, kernel),
      ...checkFirmwareOf(module, firmware, config, sysroot, kernel),
    ];
  });
  const names = new Set([...modules.values()].flatMap(({ firmware }) => firmware));
  const found = [...names].flatMap((name) => firmwareFiles(sysroot, kernel.version, name));
  const damage = await damageOf(
    found.map(({ from, compression }) => ({ file: fileInSysroot(sysroot, from) ?? from, compression })),
  );
  if (damage === undefined) return ofModules;
  const message = `firmware of the sysroot cannot be decompressed: ${damage}`;
  return [...ofModules, finding('file-damaged', message, placeOf(config))];
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
