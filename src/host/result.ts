/** What a command gives back, and how it reaches the user: text or JSON, findings on standard error. */

import pc from 'picocolors';
import type { ExitCode } from '../errors.ts';
import { type Finding, formatFinding, type Severity } from '../findings.ts';
import { formatNames } from '../json/format-names.ts';

export interface CommandResult {
  readonly exitCode: ExitCode;
  /** For people, on standard output. */
  readonly text: string;
  /** For programs, with --json; `findings` is added to it. */
  readonly json: Readonly<Record<string, unknown>>;
  readonly findings: readonly Finding[];
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
    process.stdout.write(`${JSON.stringify(jsonOf(result), undefined, 2)}\n`);
    return result.exitCode;
  }
  for (const item of result.findings) process.stderr.write(`${colorSeverity(item)}\n`);
  if (result.text) process.stdout.write(result.text.endsWith('\n') ? result.text : `${result.text}\n`);
  return result.exitCode;
}

/** The result for programs; `format` says what reads it. */
function jsonOf({ json, findings }: CommandResult): Readonly<Record<string, unknown>> {
  return { format: formatNames.result, ...json, findings };
}

function colorSeverity(item: Finding): string {
  return formatFinding(item).replace(
    `${item.severity}: `,
    severityColors[item.severity](`${item.severity}: `),
  );
}
