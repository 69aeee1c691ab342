/** What one check of the list says. */
import type { CheckData, Given } from '../../src/check/check.ts';
import { checks } from '../../src/check/checks.ts';
import type { PlatformConfig } from '../../src/config/validate.ts';
import type { Finding } from '../../src/findings.ts';
import { planBoot } from '../../src/plan/plan.ts';

/** The findings of the check of that name, with these data besides the platform: all that it needs. */
export async function findingsOf(
  name: string,
  config: PlatformConfig,
  data: Omit<Given, 'config' | 'plan'> = {},
): Promise<readonly Finding[]> {
  const check = checks.find((row) => row.name === name);
  if (!check) throw new Error(`there is no check ${name}`);
  const given: Given = { config, plan: planBoot(config, []), ...data };
  const missing = check.needs.filter((datum) => given[datum] === undefined);
  if (missing.length > 0) throw new Error(`${name} needs ${missing.join(', ')}`);
  return check.run(given as CheckData);
}
