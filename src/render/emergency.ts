/** What templates print and test of the emergency action. */
import type { BootPlan, EmergencyPlan } from '../plan/boot-plan.ts';

/** The plan's action and delay, and whether it is a panic: no program does that. */
export function emergencyData({ emergency }: BootPlan): EmergencyPlan & { readonly panics: boolean } {
  return { ...emergency, panics: emergency.action.value === 'panic' };
}
