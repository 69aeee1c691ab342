/** A step of the plan -> its shell text, the same in both forms of stage 1. */
import type { BootPlan, Step } from '../plan/boot-plan.ts';
import { renderTemplate } from './templates.ts';

/** What a step does, in shell: its name for the log, then the same text in both forms of stage 1. */
export function renderStep(step: Step, plan: BootPlan): string {
  return renderTemplate('templates/begin-step', step) + renderStepText(step, plan);
}

/** What a step does, once its name is in the log: nothing where a value makes it needless. */
export function renderStepText(
  { name, functions, view, unless }: Step,
  { platform, form, origins }: BootPlan,
): string {
  const data = { platform, systemd: form === 'systemd', origins, ...view };
  const templates = [...functions.map((own) => `functions/${own}`), `steps/${name}`];
  const text = templates.map((template) => renderTemplate(`templates/${template}`, data)).join('');
  if (unless === undefined) return text;
  return `${renderTemplate('templates/begin-unless', { unless })}${text.replace(/^(?=.)/gm, '  ')}fi\n`;
}
