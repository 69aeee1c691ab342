/** What a boot loads, and whether all that goes with it is there: dependencies, soft dependencies, firmware. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Finding, finding } from '../findings.ts';
import { type BootPlan, canonicalModuleName, needsOfPlan } from '../plan/boot-plan.ts';
import { findDrivers, firmwareOf } from './drivers.ts';
import { type Kernel, moduleNameOfPath } from './kernel.ts';
import { fileInSysroot } from './sysroot.ts';

/** Names of all modules that the boot loads or may load. */
export function loadedModules(plan: BootPlan, kernel: Kernel): ReadonlySet<string> {
  const { modules, moduleDirectories } = needsOfPlan(plan);
  const named = modules.map(({ name }) => canonicalModuleName(name));
  const roots = [...named, ...findDrivers(kernel, moduleDirectories).keys()].filter((name) =>
    kernel.modules.has(name),
  );
  const dependencies = roots.flatMap((name) => kernel.modules.get(name)?.dependencies ?? []);
  return new Set([...roots, ...dependencies.map(moduleNameOfPath)]);
}

/** Findings about files that the kernel's own tables name for the modules of the boot. Throws ToolError. */
export async function checkLoadedModules(
  plan: BootPlan,
  sysroot: string,
  kernel: Kernel,
): Promise<readonly Finding[]> {
  const loaded = [...loadedModules(plan, kernel)].filter((name) => kernel.modules.has(name));
  return [
    ...checkFiles(loaded, kernel),
    ...checkSoftDependencies(loaded, kernel),
    ...(await checkFirmware(loaded, sysroot, kernel)),
  ];
}

function fileOf(name: string, kernel: Kernel): string {
  return join(kernel.directory, kernel.modules.get(name)?.path ?? '');
}

/** modules.dep(5) may name what was removed since depmod ran. */
function checkFiles(loaded: readonly string[], kernel: Kernel): readonly Finding[] {
  return loaded
    .filter((name) => !existsSync(fileOf(name, kernel)))
    .map((name) => {
      const message = `the sysroot must have ${kernel.modules.get(name)?.path}, which modules.dep of kernel ${kernel.version} names for ${name}`;
      return finding('module-missing', message, { hint: 'install it, and run depmod' });
    });
}

/** `softdep NAME pre: A B post: C` (modprobe.d(5)): modules that it works better with. */
function checkSoftDependencies(loaded: readonly string[], kernel: Kernel): readonly Finding[] {
  const file = join(kernel.directory, 'modules.softdep');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  const known = new Set([...kernel.builtin, ...kernel.modules.keys(), ...otherNames(kernel)]);
  return lines.flatMap((line) => {
    const [word, name = '', ...others] = line.split(/\s+/);
    if (word !== 'softdep' || !loaded.includes(canonicalModuleName(name))) return [];
    return others
      .filter((other) => other !== '' && !other.endsWith(':'))
      .filter((other) => !known.has(canonicalModuleName(other)))
      .map((other) => {
        const message = `kernel ${kernel.version} has no module ${other}, which ${name} works better with`;
        return finding('module-optional-missing', message);
      });
  });
}

/** Names that several modules go by, such as crypto-sha256: of modules, and of what is built in. */
function otherNames({ directory }: Kernel): readonly string[] {
  const [aliases, builtIn] = ['modules.alias', 'modules.builtin.modinfo'].map((name) => {
    const file = join(directory, name);
    return existsSync(file) ? readFileSync(file, 'latin1') : '';
  });
  return [
    ...(aliases ?? '').matchAll(/^alias ([\w-]+) /gm),
    ...(builtIn ?? '').matchAll(/\.alias=([\w-]+)(?=\0)/g),
  ].map(([, name = '']) => canonicalModuleName(name));
}

/** One finding a module, since a driver may ask for any of thirty files. */
async function checkFirmware(
  loaded: readonly string[],
  sysroot: string,
  kernel: Kernel,
): Promise<readonly Finding[]> {
  const present = loaded.filter((name) => existsSync(fileOf(name, kernel)));
  const all = await missingFirmware(present, sysroot, kernel);
  if (all.length === 0) return [];
  const findings = await Promise.all(
    present.map(async (name) => {
      const [first, ...rest] = await missingFirmware([name], sysroot, kernel);
      if (first === undefined) return [];
      const others = rest.length === 0 ? '' : ` and ${rest.length} more`;
      return [
        finding(
          'firmware-missing',
          `the sysroot has no firmware ${first}${others}, which ${name} may ask for`,
        ),
      ];
    }),
  );
  return findings.flat();
}

async function missingFirmware(
  names: readonly string[],
  sysroot: string,
  kernel: Kernel,
): Promise<readonly string[]> {
  const firmware = await firmwareOf(names.map((name) => fileOf(name, kernel)));
  return firmware.filter((name) =>
    firmwarePaths(name).every((path) => fileInSysroot(sysroot, path) === undefined),
  );
}

/** Where a firmware file may be, compressed or not. */
export function firmwarePaths(name: string): readonly string[] {
  return ['', '.xz', '.zst'].map((suffix) => `/usr/lib/firmware/${name}${suffix}`);
}
