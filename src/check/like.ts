/** Does a boot drive what another initrd, that worked, drives? */
import { placeOf } from '../config/place.ts';
import { type Finding, finding } from '../findings.ts';
import type { InitrdFiles } from '../initrd/files.ts';
import { canonicalModuleName } from '../plan/boot-plan.ts';
import { type DeviceClass, type DriverOfInitrd, deviceClassOf } from '../sysroot/device-classes.ts';
import { formatDevice } from '../sysroot/device-id.ts';
import { settingForModule } from '../sysroot/drivers.ts';
import type { Kernel } from '../sysroot/kernel.ts';
import { loadedModules } from '../sysroot/loaded-modules.ts';
import { isOfOtherScsiDevice, moduleNameOfPath } from '../sysroot/module-tables.ts';
import { patternToRegExp } from '../sysroot/patterns.ts';
import { defineCheck, type Known } from './check.ts';

export const likeChecks = [
  defineCheck({ name: 'no-driver-lost', needs: ['kernel', 'like'], run: checkLike }),
];

/** Devices or drivers that a message names. */
const named = 4;

/** A driver, and those of its devices that have none now. */
interface Loss {
  readonly module: string;
  readonly devices: readonly string[];
  readonly deviceClass: DeviceClass;
}

/** A finding for each driver of the other initrd with devices that a boot can wait for and that have none now; one for all of input. */
function checkLike(data: Known<'kernel' | 'like'>): readonly Finding[] {
  const lost = lossesOf(data);
  const input = lost.filter(({ deviceClass }) => deviceClass === 'input');
  const others = lost.filter(({ deviceClass }) => deviceClass !== 'input');
  return [
    ...others.map((loss) => driverLost(loss, data)),
    ...(input.length > 0 ? [inputLost(input, data)] : []),
  ];
}

function lossesOf({ plan, kernel, like }: Known<'kernel' | 'like'>): readonly Loss[] {
  const isDriven = drivenNow(loadedModules(plan, kernel), kernel);
  return driversOf(like.contents, kernel).flatMap((driver): readonly Loss[] => {
    const devices = driver.patterns.filter((pattern) => !isDriven(pattern, driver.module));
    const deviceClass = devices.length > 0 ? deviceClassOf(driver, kernel) : undefined;
    return deviceClass === undefined ? [] : [{ module: driver.module, devices, deviceClass }];
  });
}

function driverLost(
  { module, devices, deviceClass }: Loss,
  { config, kernel, like }: Known<'kernel' | 'like'>,
): Finding {
  const { Load } = config.settings.Modules;
  const names = firstOf(devices.map(formatDevice));
  const message = `${like.name} drives ${deviceClass} devices (${names}) with ${module}: nothing in this initrd does, nor the kernel itself`;
  return finding('driver-lost', message, {
    ...placeOf(config, settingOf(Load)),
    hint: hintFor(module, devices, kernel, Load),
  });
}

function inputLost(losses: readonly Loss[], { config, like }: Known<'kernel' | 'like'>): Finding {
  const names = firstOf(losses.map(({ module }) => module));
  const message = `${like.name} drives keyboards or the like with ${names}: nothing in this initrd drives those devices, nor the kernel itself`;
  return finding('input-driver-lost', message, placeOf(config, settingOf(config.settings.Modules.Load)));
}

function settingOf(load: 'listed' | 'coldplug'): 'Modules.ModuleDirectories' | 'Modules.Modules' {
  return load === 'coldplug' ? 'Modules.ModuleDirectories' : 'Modules.Modules';
}

/** The first names of a list, and how many more there are. */
function firstOf(names: readonly string[]): string {
  const all = [...new Set(names)];
  const more = all.length > named ? ` and ${all.length - named} more` : '';
  return `${all.slice(0, named).join(', ')}${more}`;
}

/** The drivers of an initrd, by name. Compressed modules of one that has no modules.alias drive what the kernel's own do. */
function driversOf({ files, drivers }: InitrdFiles, kernel: Kernel): readonly DriverOfInitrd[] {
  const paths = new Map(
    [...files.keys()]
      .filter((path) => /\.ko(\.\w+)?$/.test(path))
      .map((path) => [moduleNameOfPath(path), path] as const),
  );
  const patterns = new Map<string, string[]>([...paths.keys()].sort().map((module) => [module, []]));
  for (const [pattern, module] of drivers)
    if (!isOfOtherScsiDevice(pattern)) patterns.get(canonicalModuleName(module))?.push(pattern);
  return [...paths.keys()].sort().map((module) => {
    const own = patterns.get(module) ?? [];
    return {
      module,
      path: paths.get(module) ?? '',
      patterns: own.length > 0 ? own : (kernel.devices().get(module) ?? []),
    };
  });
}

/** Whether devices of a pattern have a driver now, where `module` was it. */
function drivenNow(
  loaded: ReadonlySet<string>,
  kernel: Kernel,
): (pattern: string, module: string) => boolean {
  const aliases = kernel.devices();
  const builtIn = kernel.builtInAliases().filter((alias) => alias.includes(':'));
  const patterns = new Set([...[...loaded].flatMap((name) => aliases.get(name) ?? []), ...builtIn]);
  const expressions = [...patterns].map((pattern) => patternToRegExp(pattern));
  return (pattern, module) => {
    // Kernels before 6.17 do not tell which devices their built-in drivers are for.
    if (patterns.has(pattern) || kernel.builtin.has(module)) return true;
    if (expressions.some((expression) => expression.test(pattern))) return true;
    // Another version of the driver may tell the same devices apart.
    const wider = patternToRegExp(pattern);
    return loaded.has(module) && (aliases.get(module) ?? []).some((own) => wider.test(own));
  };
}

/** What brings the driver, or another one of these devices. */
function hintFor(
  module: string,
  lost: readonly string[],
  kernel: Kernel,
  load: 'listed' | 'coldplug',
): string {
  const drives = (patterns: readonly string[]) =>
    lost.some((device) => patterns.some((pattern) => patternToRegExp(pattern).test(device)));
  const successor = kernel.modules.has(module)
    ? module
    : [...kernel.devices()].find(([, patterns]) => drives(patterns))?.[0];
  return successor === undefined
    ? `kernel ${kernel.version} has no driver of these devices`
    : settingForModule(successor, kernel, load);
}
