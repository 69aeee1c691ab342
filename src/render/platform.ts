/** Everything that is rendered for one platform. */
import type { PlatformConfig } from '../config/validate.ts';
import type { BootPlan } from '../plan/boot-plan.ts';
import { explainPlan } from '../plan/explain.ts';
import { renderDracutModule } from './full-initrd.ts';
import { renderMinimal } from './minimal.ts';
import type { RenderedTree } from './tree.ts';

/** Where the dracut module is in the rendered tree; the directory's name is the one dracut wants. */
const dracutModuleDirectory = 'full/90bootrelay';

/** The tree for review: the boot in words, what stage 1 runs, the dracut module of the full one. */
export function renderPlatform(config: PlatformConfig, plan: BootPlan): RenderedTree {
  // What needs no full initrd of dracut needs no module for it.
  const module = config.settings.FullInitrd.Source === 'usr' ? [] : [...renderDracutModule(config, plan)];
  return new Map([
    ['explain.txt', { text: explainPlan(plan), mode: 0o644 }],
    ...[...renderMinimal(config, plan)].map(([path, file]) => [`minimal/${path}`, file] as const),
    ...module.map(([name, file]) => [`${dracutModuleDirectory}/${name}`, file] as const),
  ]);
}
