import type { PlatformConfig } from '../../config/validate.ts';
import type { Step } from '../boot-plan.ts';
import { applets, nothing } from '../needs.ts';
import { noValues } from '../values.ts';

export function loadModules(config: PlatformConfig): Step {
  const listed = config.settings.Modules.Modules.map((entry) => ({
    name: entry.replace(/^-/, ''),
    optional: entry.startsWith('-'),
  }));
  return {
    name: 'load-modules',
    explanation: [
      'Loads kernel modules in the order that the build worked out from their dependencies: disk drivers, file systems, device mapper.',
    ],
    needs: { ...nothing, modules: listed, programs: applets('insmod') },
    uses: ['kernel log'],
    provides: ['disk drivers'],
    ...noValues,
    failures: ['the kernel refuses a required module'],
    data: {},
  };
}
