/** Does the minimal initrd drive the hardware that a platform declares? */
import { placeOfEntry } from '../config/place.ts';
import { type Finding, finding } from '../findings.ts';
import { canonicalModuleName } from '../plan/boot-plan.ts';
import { settingForModule } from '../sysroot/drivers.ts';
import type { Kernel } from '../sysroot/kernel.ts';
import { loadedModules } from '../sysroot/loaded-modules.ts';
import { patternToRegExp } from '../sysroot/patterns.ts';
import { defineCheck, type Known } from './check.ts';

export const hardwareChecks = [defineCheck({ name: 'hardware', needs: ['kernel'], run: checkHardware })];

/** A finding for each entry of Devices.Require= that neither a module of the boot nor the kernel itself drives. */
function checkHardware({ config, plan, kernel }: Known<'kernel'>): readonly Finding[] {
  const { settings } = config;
  const { Require } = settings.Devices;
  if (Require.length === 0) return [];
  const loaded = loadedModules(plan, kernel);
  const aliases = kernel.devices();
  const builtIn = kernel.builtInAliases().filter((alias) => alias.includes(':'));
  const known = [...[...loaded].flatMap((name) => aliases.get(name) ?? []), ...builtIn];
  const patterns = known.map((pattern) => patternToRegExp(pattern));
  return Require.flatMap((device, index) => {
    const name = canonicalModuleName(device);
    const driven = device.includes(':')
      ? patterns.some((pattern) => pattern.test(device))
      : loaded.has(name) || kernel.builtin.has(name);
    if (driven) return [];
    const place = placeOfEntry(config, 'Devices.Require', index);
    const hint = hintFor(device, kernel, aliases, settings.Modules.Load);
    // Kernels before 6.17 do not tell which devices their built-in drivers are for.
    if (hint === undefined && device.includes(':')) {
      const message = `kernel ${kernel.version} has no module for ${device}: a driver is built in, or there is none`;
      return [finding('hardware-driver-unknown', message, place)];
    }
    const message = `nothing in this initrd drives ${device}`;
    return [finding('hardware-without-driver', message, { ...place, hint })];
  });
}

/** The module that would do it, and where to write that. */
function hintFor(
  device: string,
  kernel: Kernel,
  aliases: ReadonlyMap<string, readonly string[]>,
  load: 'listed' | 'coldplug',
): string | undefined {
  const name = device.includes(':')
    ? [...aliases].find(([, patterns]) =>
        patterns.some((pattern) => patternToRegExp(pattern).test(device)),
      )?.[0]
    : canonicalModuleName(device);
  return name !== undefined && kernel.modules.has(name) ? settingForModule(name, kernel, load) : undefined;
}
