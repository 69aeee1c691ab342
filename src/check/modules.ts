/** Has the kernel the modules of a boot, and are the files of all that it loads there? */
import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { type Place, placeOf, placeOfEntry } from '../config/place.ts';
import type { PlatformConfig } from '../config/validate.ts';
import { type Finding, finding } from '../findings.ts';
import { type BootPlan, canonicalModuleName, needsOfPlan } from '../plan/boot-plan.ts';
import { splitModule } from '../plan/steps/load-modules.ts';
import { findBuiltIn, findDrivers } from '../sysroot/drivers.ts';
import { type Kernel, resolveModuleName } from '../sysroot/kernel.ts';
import { fileOfModule, loadedModules } from '../sysroot/loaded-modules.ts';
import { closest, didYouMean } from '../text/suggestions.ts';
import { defineCheck, type Known } from './check.ts';

export const moduleChecks = [
  defineCheck({ name: 'modules', needs: ['kernel'], run: checkModules }),
  defineCheck({ name: 'loaded-modules', needs: ['kernel'], run: checkLoadedModules }),
  defineCheck({ name: 'module-directories', needs: ['kernel'], run: checkModuleDirectories }),
];

function checkModules({ config, plan, kernel }: Known<'kernel'>): readonly Finding[] {
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

/** Modules that the kernel's tables name and that have no file, and soft dependencies that are nowhere. */
function checkLoadedModules({ config, plan, kernel }: Known<'kernel'>): readonly Finding[] {
  return [...loadedModules(plan, kernel)].flatMap((name) => [
    ...checkFile(name, config, plan, kernel),
    ...checkSoftDependencies(name, config, kernel),
  ]);
}

/** modules.dep(5) may name what was removed since depmod ran. */
function checkFile(name: string, config: PlatformConfig, plan: BootPlan, kernel: Kernel): readonly Finding[] {
  if (existsSync(fileOfModule(name, kernel))) return [];
  const message = `the sysroot must have ${kernel.modules.get(name)?.path}, which modules.dep of kernel ${kernel.version} names for ${name}`;
  const details = { ...placeOfModule(name, config, plan), hint: 'install it, and run depmod' };
  return [finding('module-missing', message, details)];
}

/** The line of Modules= that names a module, or that of the setting that asks for it. */
export function placeOfModule(name: string, config: PlatformConfig, plan: BootPlan): Place {
  const same = (other: string) => canonicalModuleName(other) === canonicalModuleName(name);
  const index = config.settings.Modules.Modules.findIndex((entry) => same(splitModule(entry).name));
  if (index >= 0) return placeOfEntry(config, 'Modules.Modules', index);
  return placeOf(config, needsOfPlan(plan).modules.find((need) => same(need.name))?.because);
}

function checkSoftDependencies(name: string, config: PlatformConfig, kernel: Kernel): readonly Finding[] {
  const { before, after } = kernel.softDependencies(name);
  return [...before, ...after]
    .filter((other) => resolveModuleName(other, kernel) === undefined)
    .map((other) => {
      const message = `kernel ${kernel.version} has no module ${other}, which ${name} works better with`;
      return finding('module-optional-missing', message, placeOf(config));
    });
}

function checkModuleDirectories({ config, plan, kernel }: Known<'kernel'>): readonly Finding[] {
  const directories = needsOfPlan(plan).moduleDirectories;
  const empty = [...directories.entries()].filter(
    ([, directory]) =>
      findDrivers(kernel, [directory]).size === 0 && findBuiltIn(kernel, [directory]).length === 0,
  );
  const kind = empty.length === directories.length ? 'module-missing' : 'module-optional-missing';
  return empty.map(([index, directory]) => {
    const message = `kernel ${kernel.version} has no drivers of devices in ${directory}, nor built-in ones`;
    const place = placeOfEntry(config, 'Modules.ModuleDirectories', index);
    return finding(kind, message, { ...place, hint: hintForDirectory(directory, kernel) });
  });
}

/** What else could be meant: the same module elsewhere, or a neighbour with a name like it. */
function hintForDirectory(directory: string, kernel: Kernel): string | undefined {
  const paths = [...kernel.modules.values()].map(({ path }) => path.replace(/\.ko(\.\w+)?$/, ''));
  const moved = paths.find((path) => basename(path) === basename(directory));
  if (moved !== undefined) return `it has ${moved}`;
  const beside = dirname(directory) === '.' ? '' : `${dirname(directory)}/`;
  const neighbours = paths
    .map((path) => path.replace(/^kernel\//, ''))
    .filter((path) => path.startsWith(beside))
    .map((path) => path.slice(beside.length).replace(/\/.*/, ''));
  const near = closest(basename(directory), [...new Set(neighbours)]);
  return near && `did you mean ${beside}${near}?`;
}
