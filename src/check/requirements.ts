/** Does a sysroot have what a boot plan needs? Findings before anything is built. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { placeOf, placeOfEntry } from '../config/place.ts';
import type { PlatformConfig } from '../config/validate.ts';
import { type Finding, finding } from '../findings.ts';
import { type BootPlan, canonicalModuleName, needsOfPlan } from '../plan/boot-plan.ts';
import type { FileNeed, KernelOptionNeed, KernelVersionNeed } from '../plan/need.ts';
import { findDrivers } from '../sysroot/drivers.ts';
import { checkExtraFiles } from '../sysroot/extra-files.ts';
import { checkExtraPrograms } from '../sysroot/extra-programs.ts';
import { type Kernel, readKernel } from '../sysroot/kernel.ts';
import { checkLoadedModules, placeOfModule } from '../sysroot/loaded-modules.ts';
import { checkMicrocode, wantedMicrocode } from '../sysroot/microcode.ts';
import { fileInSysroot, isDirectory } from '../sysroot/paths.ts';
import { didYouMean } from '../text/suggestions.ts';
import { checkHardware } from './hardware.ts';
import { checkPrograms, programHint } from './programs.ts';

export interface CheckedSysroot {
  /** Absent where the sysroot does not have this kernel. */
  readonly kernel?: Kernel;
  readonly findings: readonly Finding[];
}

/** All that the build of this platform takes from a sysroot: what its plan needs, and microcode. */
export function checkRequirements(
  config: PlatformConfig,
  plan: BootPlan,
  sysroot: string,
  version: string,
): CheckedSysroot {
  const { kernel, findings } = checkSysroot(config, plan, sysroot, version);
  const extra = [...checkExtraFiles(config, plan, sysroot), ...checkExtraPrograms(config, plan, sysroot)];
  if (!kernel) return { findings: [...findings, ...extra] };
  return {
    kernel,
    findings: [
      ...findings,
      ...extra,
      ...checkHardware(config, plan, kernel),
      ...checkMicrocode(wantedMicrocode(config.settings), sysroot, kernel),
    ],
  };
}

function checkSysroot(
  config: PlatformConfig,
  plan: BootPlan,
  sysroot: string,
  version: string,
): CheckedSysroot {
  if (!isDirectory(join(sysroot, 'usr'))) {
    return { findings: [finding('kernel-missing', `${sysroot} must be a directory with the system's /usr`)] };
  }
  const needs = needsOfPlan(plan);
  const programs = checkPrograms(config, plan, sysroot);
  const kernel = readKernel(sysroot, version);
  if (!kernel) return { findings: [...programs, kernelMissing(sysroot, version)] };
  return {
    kernel,
    findings: [
      ...programs,
      ...checkFiles(needs.files, sysroot),
      ...checkUsr(needs.inUsr, sysroot),
      ...checkModules(config, plan, kernel),
      ...checkLoadedModules(config, plan, kernel),
      ...checkModuleDirectories(config, needs.moduleDirectories, kernel),
      ...checkTables(config, kernel),
      ...checkOptions(config, needs.kernelOptions, kernel),
      ...checkVersions(config, needs.kernelVersions, kernel),
    ],
  };
}

function checkFiles(files: readonly FileNeed[], sysroot: string): readonly Finding[] {
  return files
    .filter(({ anyOf }) => anyOf.every((path) => fileInSysroot(sysroot, path) === undefined))
    .map((need) =>
      finding('file-missing', `the sysroot must have ${need.anyOf.join(' or ')}`, {
        hint: need.hint,
      }),
    );
}

/** What a full initrd that is the system's own /usr needs there. */
function checkUsr(paths: readonly string[], sysroot: string): readonly Finding[] {
  return paths
    .filter((path) => fileInSysroot(sysroot, path) === undefined)
    .map((path) => {
      const message = `the sysroot must have ${path}: its /usr is the full initrd`;
      return finding('file-missing', message, { setting: 'FullInitrd.Source', ...programHint(path) });
    });
}

function kernelMissing(sysroot: string, version: string): Finding {
  const directory = fileInSysroot(sysroot, '/usr/lib/modules');
  const present = directory ? readdirSync(directory) : [];
  const others = present.length > 0 ? `it has ${present.join(', ')}` : undefined;
  const hint = present.includes(version) ? 'run depmod: the modules are there without it' : others;
  return finding('kernel-missing', `the sysroot must have /usr/lib/modules/${version}/modules.dep`, { hint });
}

function checkModules(config: PlatformConfig, plan: BootPlan, kernel: Kernel): readonly Finding[] {
  return needsOfPlan(plan).modules.flatMap(({ name, optional }) => {
    const canonical = canonicalModuleName(name);
    if (kernel.builtin.has(canonical) || kernel.modules.has(canonical)) return [];
    const step = plan.steps.find(({ needs }) => needs.modules.some((need) => need.name === name));
    const message = `kernel ${kernel.version} has no module ${name}, which ${step?.name ?? 'the boot'} needs`;
    const place = placeOfModule(name, config, plan);
    if (optional) return [finding('module-optional-missing', message, place)];
    const hint = didYouMean(canonical, [...kernel.modules.keys()]);
    return [finding('module-missing', message, { ...place, hint })];
  });
}

function checkModuleDirectories(
  config: PlatformConfig,
  directories: readonly string[],
  kernel: Kernel,
): readonly Finding[] {
  const empty = [...directories.entries()].filter(
    ([, directory]) => findDrivers(kernel, [directory]).size === 0,
  );
  const kind = empty.length === directories.length ? 'module-missing' : 'module-optional-missing';
  return empty.map(([index, directory]) =>
    finding(
      kind,
      `kernel ${kernel.version} has no drivers of devices in ${directory}, but for built-in ones`,
      placeOfEntry(config, 'Modules.ModuleDirectories', index),
    ),
  );
}

/** Tables of the kernel without which something cannot be looked up. */
function checkTables(config: PlatformConfig, kernel: Kernel): readonly Finding[] {
  const { directory, options, version } = kernel;
  const lacking = [
    ...(options ? [] : [`the configuration of kernel ${version}: its options are not checked`]),
    ...(existsSync(join(directory, 'modules.builtin'))
      ? []
      : [`modules.builtin of kernel ${version}: what is built in counts as missing`]),
  ];
  return lacking.map((what) => finding('check-incomplete', `the sysroot lacks ${what}`, placeOf(config)));
}

function checkOptions(
  config: PlatformConfig,
  needs: readonly KernelOptionNeed[],
  kernel: Kernel,
): readonly Finding[] {
  const known = kernel.options;
  if (!known) return [];
  return needs
    .filter(({ option }) => !['y', 'm'].includes(known.get(option) ?? 'n'))
    .map(({ option, because }) =>
      finding('kernel-option-missing', `kernel ${kernel.version} must be built with CONFIG_${option}`, {
        ...placeOf(config, because),
        ...(because && { hint: `build the kernel with it, or change ${because}` }),
      }),
    );
}

function checkVersions(
  config: PlatformConfig,
  needs: readonly KernelVersionNeed[],
  kernel: Kernel,
): readonly Finding[] {
  return needs
    .filter(({ version }) => kernel.version.localeCompare(version, 'en', { numeric: true }) < 0)
    .map(({ version, because, value }) => {
      const what = value === undefined ? because : `${because}=${value}`;
      const message = `kernel ${kernel.version} must be ${version} or newer for ${what}`;
      return finding('kernel-too-old', message, placeOf(config, because));
    });
}
