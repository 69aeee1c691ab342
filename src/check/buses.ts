/** Does something bring the buses of the drivers that a platform names? */
import { type Place, placeOfEntry } from '../config/place.ts';
import { type Finding, finding } from '../findings.ts';
import { canonicalModuleName, needsOfPlan } from '../plan/boot-plan.ts';
import { splitModule } from '../plan/steps/load-modules.ts';
import { type Bus, busesWithoutDriver } from '../sysroot/buses.ts';
import { findDrivers, settingForModule } from '../sysroot/drivers.ts';
import { loadedModules } from '../sysroot/loaded-modules.ts';
import { defineCheck, type Known } from './check.ts';

export const busChecks = [defineCheck({ name: 'buses', needs: ['kernel'], run: checkBuses })];

/** Drivers that one line of a platform file brings. */
interface Line {
  readonly place: Place;
  readonly drivers: readonly string[];
}

/** A finding for each line and bus: no device of that bus appears, however long the boot waits. */
function checkBuses(data: Known<'kernel'>): readonly Finding[] {
  const { plan, kernel } = data;
  const loaded = loadedModules(plan, kernel);
  return linesOf(data).flatMap(({ place, drivers }) => {
    const driversOfBus = new Map<Bus, string[]>();
    for (const driver of drivers)
      for (const bus of busesWithoutDriver(driver, loaded, kernel))
        driversOfBus.set(bus, [...(driversOfBus.get(bus) ?? []), driver]);
    return [...driversOfBus].map(([bus, its]) => {
      const message = `nothing in this initrd brings the ${bus.name} bus, where ${listed(its)} would find devices`;
      return finding('bus-missing', message, { ...place, hint: hintFor(bus, data) });
    });
  });
}

function linesOf({ config, plan, kernel }: Known<'kernel'>): readonly Line[] {
  const modules = config.settings.Modules.Modules.map((entry, index): Line => {
    const name = canonicalModuleName(splitModule(entry).name);
    const known = kernel.modules.has(name) || kernel.builtin.has(name);
    return { place: placeOfEntry(config, 'Modules.Modules', index), drivers: known ? [name] : [] };
  });
  const directories = needsOfPlan(plan).moduleDirectories.map((directory, index): Line => {
    const drivers = [...findDrivers(kernel, [directory]).keys()];
    return { place: placeOfEntry(config, 'Modules.ModuleDirectories', index), drivers };
  });
  return [...modules, ...directories];
}

function listed([first = '', ...others]: readonly string[]): string {
  return others.length === 0 ? first : `${first} and ${others.length} more drivers`;
}

/** The modules of the kernel that bring the bus, as they are written into the platform file. */
function hintFor({ providers }: Bus, { config, kernel }: Known<'kernel'>): string {
  const present = providers.filter((name) => kernel.modules.has(name)).slice(0, 3);
  if (present.length === 0) return `kernel ${kernel.version} has no module that does: ${noneOf(providers)}`;
  const { Load } = config.settings.Modules;
  return present.map((name) => settingForModule(name, kernel, Load)).join(', or ');
}

function noneOf(providers: readonly string[]): string {
  return providers.length === 0
    ? 'it is an option of the kernel'
    : `such as ${providers.slice(0, 3).join(', ')}`;
}
