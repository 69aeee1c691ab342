/** Everything that is rendered for one platform. */
import type { PlatformConfig } from '../config/validate.ts';
import type { BootPlan } from '../plan/boot-plan.ts';
import { explainPlan } from '../plan/explain.ts';
import { renderDracutModule } from './full-initrd.ts';
import { renderInit } from './init.ts';
import type { RenderedTree } from './tree.ts';

/** Where the dracut module is in the rendered tree; the directory's name is the one dracut wants. */
export const dracutModuleDirectory = 'full/90bootrelay';

/** The tree for review: the boot in words, /init of the minimal initrd, the dracut module of the full one. */
export function renderPlatform(config: PlatformConfig, plan: BootPlan): RenderedTree {
  const module = [...renderDracutModule(config, plan)];
  return new Map([
    ['explain.txt', { text: explainPlan(plan), mode: 0o644 }],
    ['minimal/init', { text: renderInit(plan), mode: 0o755 }],
    ...module.map(([name, file]) => [`${dracutModuleDirectory}/${name}`, file] as const),
  ]);
}
