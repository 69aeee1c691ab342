/** BootPlan -> what is rendered into the minimal initrd, in the form that the platform wants. */
import type { PlatformConfig } from '../config/validate.ts';
import type { BootPlan } from '../plan/boot-plan.ts';
import { renderEmergency } from './emergency.ts';
import { renderInit } from './init.ts';
import { renderSkeleton } from './skeleton.ts';
import { renderSystemd } from './systemd.ts';
import type { RenderedTree } from './tree.ts';

/** Files by their path in the minimal initrd, without the leading /. */
export function renderMinimal(config: PlatformConfig, plan: BootPlan): RenderedTree {
  const init = { text: renderInit(plan), mode: 0o755 } as const;
  const stage1 = plan.form === 'systemd' ? renderSystemd(plan) : new Map([['init', init]]);
  return new Map([...stage1, ...renderEmergency(plan), ...renderSkeleton(config, plan)]);
}
