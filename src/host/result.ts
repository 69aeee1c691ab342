/** What a command gives back, and how it reaches the user: text or JSON, findings on standard error. */
import pc from 'picocolors';
import { type Finding, formatFinding, type Severity } from '../findings.ts';

/** What each exit code says; README has the same words. */
export const exitCodes = {
  0: 'clean',
  1: '`check`, `build` or `pack` has findings of severity error, or `check` one that is not allowed, or `diff` has differences',
  2: 'wrong usage, or a configuration with errors',
  3: 'an external tool failed',
  4: 'a boot did not end as expected',
} as const;

export type ExitCode = keyof typeof exitCodes;

export interface CommandResult {
  readonly exitCode: ExitCode;
  /** For people, on standard output. */
  readonly text: string;
  /** For programs, with --json; `findings` is added to it. */
  readonly json: Readonly<Record<string, unknown>>;
  readonly findings: readonly Finding[];
}

/** Wrong usage that the parser of arguments cannot see. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const errorColors = pc.createColors(pc.isColorSupported && process.stderr.isTTY === true);

const severityColors: Readonly<Record<Severity, (text: string) => string>> = {
  error: errorColors.red,
  warning: errorColors.yellow,
  note: errorColors.cyan,
};

/** Prints a result the way the user asked for and gives its exit code. */
export function printResult(result: CommandResult, asJson: boolean): ExitCode {
  if (asJson) {
    process.stdout.write(`${JSON.stringify({ ...result.json, findings: result.findings }, undefined, 2)}\n`);
    return result.exitCode;
  }
  for (const item of result.findings) process.stderr.write(`${colorSeverity(item)}\n`);
  if (result.text) process.stdout.write(result.text.endsWith('\n') ? result.text : `${result.text}\n`);
  return result.exitCode;
}

function colorSeverity(item: Finding): string {
  return formatFinding(item).replace(
    `${item.severity}: `,
    severityColors[item.severity](`${item.severity}: `),
  );
}
