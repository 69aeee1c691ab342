import { retriesAfterShell } from '../after-shell.ts';
import type { ModuleNeed } from '../need.ts';
import { applets, hashAccelerator } from '../needs.ts';
import { onlyIf } from '../only-if.ts';
import { defineStep, type Said } from '../step.ts';

export interface LoadModulesView {
  readonly coldplug: boolean;
  /** A boot that failed before may have loaded modules. */
  readonly again: boolean;
}

/** An entry of Modules=: `[-]NAME [PARAMETER=VALUE ...]`. */
export function splitModule(entry: string): ModuleNeed {
  const [name = '', ...parameters] = entry.replace(/^-/, '').split(/ +/);
  return { name, optional: entry.startsWith('-'), parameters };
}

export const loadModules = defineStep({
  name: 'load-modules',
  summary:
    'insmod in the order that the build worked out; with `Load=coldplug` then the drivers of the devices that are there',
  plan(config): Said<LoadModulesView> {
    const { Verity } = config.settings;
    const { Load, Modules, ModuleDirectories } = config.settings.Modules;
    const listed = Modules.map(splitModule);
    const coldplug = Load === 'coldplug';
    const again = retriesAfterShell(config.settings);
    return {
      explanation: [
        'Loads kernel modules in the order that the build worked out from their dependencies: disk drivers, file systems, device mapper.',
        ...(coldplug
          ? [
              `Then the drivers of the devices that are there, from ${ModuleDirectories.join(', ')}, by modalias.`,
            ]
          : []),
      ],
      needs: {
        // First: the kernel checks the signature of each module behind it with it, and dm-verity uses it anyway.
        modules: [...(Verity.Verity === 'required' ? [hashAccelerator(config.settings)] : []), ...listed],
        moduleDirectories: coldplug ? ModuleDirectories : [],
        programs: applets('insmod', ...onlyIf(coldplug, 'find', 'cat', 'sort')),
      },
      uses: ['kernel log', ...onlyIf(coldplug || again, 'kernel file systems')],
      provides: ['disk drivers', ...onlyIf(coldplug, 'drivers of new devices')],
      reasons: ['module-refused'],
      view: { coldplug, again },
    };
  },
});
