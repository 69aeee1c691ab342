/** `bootrelay faults`: what `boot --fault` can inject, and how each boot must end. */
import { faults as allFaults } from '../boot/faults/faults.ts';
import { formatEnding } from '../boot/faults/verdict.ts';
import type { CommandResult } from '../host/result.ts';

/** All faults that `boot --fault` knows, with how each must end. */
export async function faults(): Promise<CommandResult> {
  const list = Object.entries(allFaults).map(([name, { what, expected }]) => ({
    name,
    what,
    expected: formatEnding(expected),
  }));
  return {
    exitCode: 0,
    text: list.map(({ name, what, expected }) => `${name}\n    ${what}\n    ends: ${expected}\n`).join(''),
    json: { command: 'faults', faults: list },
    findings: [],
  };
}
