/** `bootrelay explain`: the boot, step by step. */
import { explainPlan } from '../plan/explain.ts';
import { planOnePlatform } from './platforms.ts';
import type { CommandResult } from './result.ts';

export interface ExplainArguments {
  readonly platform: string;
  readonly set: readonly string[];
}

export async function explain(args: ExplainArguments): Promise<CommandResult> {
  const loaded = planOnePlatform('explain', args.platform, args.set);
  if ('failed' in loaded) return loaded.failed;
  const { plan } = loaded.platform;
  return {
    exitCode: 0,
    text: explainPlan(plan),
    json: { command: 'explain', plan },
    findings: loaded.findings,
  };
}
