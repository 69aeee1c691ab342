/** BootPlan -> the shell form of stage 1: /init of the minimal initrd. */
import type { BootPlan } from '../plan/boot-plan.ts';
import { emergencyData, renderDebug } from './emergency.ts';
import { renderStep } from './step-text.ts';
import { renderTemplate } from './templates.ts';

/** The text of /init: a head, then one paragraph a step in the plan's order. */
export function renderInit(plan: BootPlan): string {
  const variables = plan.steps.flatMap((step) => step.variables);
  const head = renderTemplate('templates/init', {
    platform: plan.platform,
    files: plan.files,
    variables,
    emergency: emergencyData(plan),
  });
  return [head + renderDebug(plan), ...plan.steps.map((step) => renderStep(step, plan))].join('\n');
}
