/** Runs the list of checks with the data that a command has. */
import type { Finding } from '../findings.ts';
import type { Check, CheckData, Given } from './check.ts';
import { checks } from './checks.ts';

/** What the checks that have run so far had to say. */
export interface Checked {
  readonly findings: readonly Finding[];
  readonly ran: readonly Check[];
  /** Those of them that found an error. */
  readonly failed: readonly Check[];
}

const nothing: Checked = { findings: [], ran: [], failed: [] };

/**
 * Runs each check of the list, in its order, whose data are there. A command that comes to know more runs the list again, with
 * what it has `before`: no check runs twice. Throws ToolError.
 */
export async function runChecks(data: Given, before: Checked = nothing): Promise<Checked> {
  let checked = before;
  for (const check of checks) {
    if (checked.ran.includes(check) || !canRun(check, data, checked)) continue;
    // All that it needs is there.
    const found = await check.run(data as CheckData);
    checked = {
      findings: [...checked.findings, ...found],
      ran: [...checked.ran, check],
      failed: found.some(({ severity }) => severity === 'error')
        ? [...checked.failed, check]
        : checked.failed,
    };
  }
  return checked;
}

function canRun({ needs, without = [], after = [] }: Check, data: Given, { failed }: Checked): boolean {
  return (
    needs.every((datum) => data[datum] !== undefined) &&
    without.every((datum) => data[datum] === undefined) &&
    !after.some((check) => failed.includes(check))
  );
}

const ofSystem: readonly string[] = ['system', 'sysroot', 'kernel'];

/** Whether a check of nothing but the built system found an error: no minimal initrd can be built from it then. */
export function systemLacks({ failed }: Checked): boolean {
  return failed.some(({ needs }) => needs.every((datum) => ofSystem.includes(datum)));
}
