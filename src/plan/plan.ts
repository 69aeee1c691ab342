/** PlatformConfig -> BootPlan: the order of the steps is decided here and nowhere else. */
import type { PlatformConfig } from '../config/validate.ts';
import { type BootPlan, checkPlan, type ProgramNeed, type Step } from './boot-plan.ts';
import { emergencyNeeds, planEmergency } from './emergency.ts';
import { originsOf, relativeToPlatform } from './source.ts';
import { carriesOver, carryOver } from './steps/carry-over.ts';
import { checkFullInitrd } from './steps/check-full-initrd.ts';
import { checkMountedUsr } from './steps/check-mounted-usr.ts';
import { findUsrPartition } from './steps/find-usr-partition.ts';
import { handOverUsr } from './steps/hand-over-usr.ts';
import { loadModules } from './steps/load-modules.ts';
import { makeSkeletonRoot } from './steps/make-skeleton-root.ts';
import { mountFullInitrd } from './steps/mount-full-initrd.ts';
import { mountKernelFileSystems } from './steps/mount-kernel-filesystems.ts';
import { mountUsr } from './steps/mount-usr.ts';
import { readKernelCommandLine, readsCommandLine } from './steps/read-kernel-command-line.ts';
import { setPanicTimeout, setsPanicTimeout } from './steps/set-panic-timeout.ts';
import { setUpVerity } from './steps/set-up-verity.ts';
import { switchRoot } from './steps/switch-root.ts';

/** The boot of one platform. `files` are those that the settings come from. Throws PlanError on a defect of ours. */
export function planBoot(config: PlatformConfig, files: readonly string[]): BootPlan {
  const { settings } = config;
  const plan: BootPlan = {
    platform: config.name,
    form: settings.Initrd.Init,
    description: settings.Platform.Description,
    architecture: settings.Platform.Architecture,
    files: files.map((file) => relativeToPlatform(config, file)),
    steps: withEmergency(stepsOf(config), emergencyNeeds(settings)),
    emergency: planEmergency(config),
    origins: originsOf(config),
  };
  checkPlan(plan);
  return plan;
}

function stepsOf(config: PlatformConfig): readonly Step[] {
  const { settings } = config;
  return [
    mountKernelFileSystems(config),
    ...(setsPanicTimeout(settings) ? [setPanicTimeout(config)] : []),
    ...(readsCommandLine(settings) ? [readKernelCommandLine(config)] : []),
    loadModules(config),
    findUsrPartition(config),
    ...(settings.Verity.Verity === 'required' ? [setUpVerity(config)] : []),
    mountUsr(config),
    checkMountedUsr(config),
    settings.FullInitrd.Source === 'usr' ? makeSkeletonRoot(config) : mountFullInitrd(config),
    handOverUsr(config),
    checkFullInitrd(config),
    ...(carriesOver(settings) ? [carryOver(config)] : []),
    switchRoot(config),
  ];
}

function nameOfProgram(need: ProgramNeed): string {
  return 'program' in need ? need.program : 'applet' in need ? need.applet : need.own;
}

/** Every step may fail, the first one too: what the emergency action needs belongs to it. */
function withEmergency(steps: readonly Step[], programs: readonly ProgramNeed[]): readonly Step[] {
  const [first, ...others] = steps;
  if (!first) return steps;
  const known = new Set(first.needs.programs.map(nameOfProgram));
  const byName = new Map(programs.map((need) => [nameOfProgram(need), need] as const));
  const more = [...byName].flatMap(([name, need]) => (known.has(name) ? [] : [need]));
  return [{ ...first, needs: { ...first.needs, programs: [...first.needs.programs, ...more] } }, ...others];
}
