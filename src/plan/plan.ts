/** PlatformConfig -> BootPlan: the order of the steps is decided here and nowhere else. */
import type { PlatformConfig } from '../config/validate.ts';
import { type BootPlan, checkPlan, type Step } from './boot-plan.ts';
import { relativeToPlatform, sourced } from './source.ts';
import {
  carryOver,
  emergencyNeeds,
  findUsrPartition,
  handOverUsr,
  loadModules,
  mountFullInitrd,
  mountKernelFileSystems,
  mountUsr,
  readKernelCommandLine,
  readsCommandLine,
  setUpVerity,
  switchRoot,
} from './steps.ts';

/** The boot of one platform. `files` are those that the settings come from. Throws PlanError on a defect of ours. */
export function planBoot(config: PlatformConfig, files: readonly string[]): BootPlan {
  const { settings } = config;
  const { Action, Delay } = settings.Emergency;
  const plan: BootPlan = {
    platform: config.name,
    description: settings.Platform.Description,
    architecture: settings.Platform.Architecture,
    files: files.map((file) => relativeToPlatform(config, file)),
    steps: withEmergency(stepsOf(config), Action),
    emergency: {
      action: sourced(config, 'Emergency.Action', Action),
      delay: sourced(config, 'Emergency.Delay', Delay),
    },
  };
  checkPlan(plan);
  return plan;
}

function stepsOf(config: PlatformConfig): readonly Step[] {
  const { settings } = config;
  const carries = settings.FullInitrd.Writable && settings.FullInitrd.CarryOver.length > 0;
  return [
    mountKernelFileSystems(config),
    ...(readsCommandLine(settings) ? [readKernelCommandLine(config)] : []),
    loadModules(config),
    findUsrPartition(config),
    ...(settings.Verity.Verity === 'required' ? [setUpVerity(config)] : []),
    mountUsr(config),
    mountFullInitrd(config),
    handOverUsr(config),
    ...(carries ? [carryOver(config)] : []),
    switchRoot(config),
  ];
}

/** Every step may fail, the first one too: what the emergency action needs belongs to it. */
function withEmergency(
  steps: readonly Step[],
  action: Parameters<typeof emergencyNeeds>[0],
): readonly Step[] {
  return steps.map((step, index) =>
    index > 0
      ? step
      : { ...step, needs: { ...step.needs, programs: [...step.needs.programs, ...emergencyNeeds(action)] } },
  );
}
