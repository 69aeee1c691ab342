/** PlatformConfig -> BootPlan. */
import type { PlatformConfig } from '../config/validate.ts';
import type { BootPlan, Step } from './boot-plan.ts';
import { checkPlan } from './check-plan.ts';
import { emergencyNeeds, planEmergency } from './emergency.ts';
import type { ProgramNeed } from './need.ts';
import { originsOf, relativeToPlatform } from './source.ts';
import { steps } from './steps.ts';

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
  return steps
    .filter(({ when }) => when(config.settings))
    .map(({ name, plan }) => ({ name, ...plan(config) }));
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
