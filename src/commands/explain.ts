/** `bootrelay explain`: the boot, step by step, in words or as a picture. */
import { withoutSecrets } from '../config/secrets.ts';
import { planOnePlatform } from '../host/platforms.ts';
import type { CommandResult } from '../host/result.ts';
import type { BootPlan } from '../plan/boot-plan.ts';
import { explainPlan } from '../plan/explain.ts';
import { graphOfBoot } from '../review/boot-graph.ts';
import { drawSvg, formatMermaid } from '../review/draw-graph.ts';
import { explainAsMarkdown } from '../review/explain-markdown.ts';

export type ExplainFormat = 'text' | 'markdown' | 'mermaid' | 'svg';

export interface ExplainArguments {
  readonly platform: string;
  readonly set: readonly string[];
  readonly format: ExplainFormat;
}

const formats: Readonly<Record<ExplainFormat, (plan: BootPlan) => string | Promise<string>>> = {
  text: explainPlan,
  markdown: explainAsMarkdown,
  mermaid: (plan) => formatMermaid(graphOfBoot(plan)),
  svg: (plan) => drawSvg(graphOfBoot(plan)),
};

/** The boot of one platform in words, in the format that the caller wants. Exit code 2 where the platform has errors. */
export async function explain(args: ExplainArguments): Promise<CommandResult> {
  const loaded = planOnePlatform('explain', args.platform, args.set);
  if ('failed' in loaded) return loaded.failed;
  const { plan, config } = loaded.platform;
  return {
    exitCode: 0,
    text: await formats[args.format](plan),
    json: { command: 'explain', plan: withoutSecrets(plan, config) },
    findings: loaded.findings,
  };
}
