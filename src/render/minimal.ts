/** BootPlan -> what is rendered into the minimal initrd, in the form that the platform wants. */
import type { BootPlan } from '../plan/boot-plan.ts';
import { renderInit } from './init.ts';
import { renderSystemd } from './systemd.ts';
import type { RenderedTree } from './tree.ts';

/** Files by their path in the minimal initrd, without the leading /. */
export function renderMinimal(plan: BootPlan): RenderedTree {
  if (plan.form === 'systemd') return renderSystemd(plan);
  return new Map([['init', { text: renderInit(plan), mode: 0o755 }]]);
}
