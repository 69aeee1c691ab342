/** Does a sysroot have what a boot plan needs? Findings before anything is built. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SettingName } from '../config/settings.ts';
import { didYouMean } from '../config/suggestions.ts';
import type { PlatformConfig } from '../config/validate.ts';
import { type Finding, finding } from '../findings.ts';
import {
  type BootPlan,
  canonicalModuleName,
  type FileNeed,
  type KernelOptionNeed,
  type KernelVersionNeed,
  needsOfPlan,
  type ProgramNeed,
} from '../plan/boot-plan.ts';
import { splitModule } from '../plan/steps/load-modules.ts';
import { appletsOf } from './applets.ts';
import { findDrivers } from './drivers.ts';
import { checkHardware } from './hardware.ts';
import { type Kernel, readKernel } from './kernel.ts';
import { checkMicrocode, wantedMicrocode } from './microcode.ts';
import { placeOf } from './place.ts';
import { fileInSysroot, isDirectory } from './sysroot.ts';

/** Where busybox is in a sysroot. */
export const busyboxPath = '/usr/bin/busybox';

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
  if (!kernel) return { findings };
  return {
    kernel,
    findings: [
      ...findings,
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
  const programFindings = checkPrograms(config, needs.programs, sysroot);
  const kernel = readKernel(sysroot, version);
  if (!kernel) return { findings: [...programFindings, kernelMissing(sysroot, version)] };
  return {
    kernel,
    findings: [
      ...programFindings,
      ...checkApplets(config, plan, sysroot),
      ...checkFiles(needs.files, sysroot),
      ...checkUsr(needs.inUsr, sysroot),
      ...checkModules(config, plan, kernel),
      ...checkModuleDirectories(config, needs.moduleDirectories, kernel),
      ...checkOptions(config, needs.kernelOptions, kernel),
      ...checkVersions(config, needs.kernelVersions, kernel),
    ],
  };
}

/** Programs that the sysroot lacks; busybox stands for its applets. */
function checkPrograms(
  config: PlatformConfig,
  programs: readonly ProgramNeed[],
  sysroot: string,
): readonly Finding[] {
  const wanted = new Map<string, SettingName | undefined>();
  for (const need of programs) {
    if ('program' in need) wanted.set(need.program, wanted.get(need.program) ?? need.because);
    if ('applet' in need) wanted.set(busyboxPath, undefined);
  }
  return [...wanted]
    .filter(([path]) => fileInSysroot(sysroot, path) === undefined)
    .map(([path, because]) =>
      finding('program-missing', `the sysroot must have ${path}`, {
        ...placeOf(config, because),
        ...programHint(path),
      }),
    );
}

const packages: Readonly<Record<string, string>> = {
  [busyboxPath]: 'busybox-static',
  '/usr/sbin/dmsetup': 'dmsetup',
  '/usr/sbin/veritysetup': 'cryptsetup-bin',
  '/usr/sbin/blkid': 'util-linux',
  '/usr/bin/mount': 'mount',
  '/usr/bin/systemctl': 'systemd',
  '/usr/lib/systemd/systemd-udevd': 'udev',
  '/usr/lib/systemd/systemd': 'systemd',
  '/usr/lib/systemd/systemd-executor': 'systemd (255 or newer)',
  '/usr/lib/systemd/systemd-journald': 'systemd',
  '/usr/lib/systemd/systemd-veritysetup': 'systemd-cryptsetup or systemd',
};

function programHint(path: string): { readonly hint?: string } {
  const name = packages[path];
  return name === undefined ? {} : { hint: `Debian's package ${name} has it` };
}

/** Applets that a busybox lacks; one whose list cannot be read is taken as complete. */
function checkApplets(config: PlatformConfig, plan: BootPlan, sysroot: string): readonly Finding[] {
  const file = fileInSysroot(sysroot, busyboxPath);
  const present = file === undefined ? undefined : appletsOf(readFileSync(file));
  if (!present) return [];
  return needsOfPlan(plan).programs.flatMap((need) => {
    if (!('applet' in need) || present.has(need.applet)) return [];
    const step = plan.steps.find(({ needs }) =>
      needs.programs.some((other) => 'applet' in other && other.applet === need.applet),
    );
    const message = `${busyboxPath} must have the applet ${need.applet}, which ${step?.name} needs`;
    const hint = "Debian's package busybox-static has it";
    return [finding('applet-missing', message, { ...placeOf(config, need.because), hint })];
  });
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
  const hint = present.length > 0 ? `it has ${present.join(', ')}` : undefined;
  return finding('kernel-missing', `the sysroot must have /usr/lib/modules/${version}/modules.dep`, { hint });
}

function checkModules(config: PlatformConfig, plan: BootPlan, kernel: Kernel): readonly Finding[] {
  return needsOfPlan(plan).modules.flatMap(({ name, optional, because }) => {
    const canonical = canonicalModuleName(name);
    if (kernel.builtin.has(canonical) || kernel.modules.has(canonical)) return [];
    const step = plan.steps.find(({ needs }) => needs.modules.some((need) => need.name === name));
    const message = `kernel ${kernel.version} has no module ${name}, which ${step?.name ?? 'the boot'} needs`;
    const listed = placeOfModule(name, config);
    const place = 'setting' in listed ? listed : placeOf(config, because);
    if (optional) return [finding('module-optional-missing', message, place)];
    const hint = didYouMean(canonical, [...kernel.modules.keys()]);
    return [finding('module-missing', message, { ...place, hint })];
  });
}

/** The line of Modules= that names a module; none for one that a step asks for by itself. */
function placeOfModule(name: string, { settings, origins }: PlatformConfig) {
  const index = settings.Modules.Modules.findIndex((entry) => splitModule(entry).name === name);
  return index < 0 ? {} : { setting: 'Modules.Modules', origin: origins.get('Modules.Modules')?.[index] };
}

function checkModuleDirectories(
  config: PlatformConfig,
  directories: readonly string[],
  kernel: Kernel,
): readonly Finding[] {
  const empty = directories.filter((directory) => findDrivers(kernel, [directory]).size === 0);
  const kind = empty.length === directories.length ? 'module-missing' : 'module-optional-missing';
  return empty.map((directory) =>
    finding(
      kind,
      `kernel ${kernel.version} has no drivers of devices in ${directory}, but for built-in ones`,
      placeOf(config, 'Modules.ModuleDirectories'),
    ),
  );
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
