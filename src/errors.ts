/**
 * The errors that end a command, each with its exit code: its message is all that the user is shown. What a user can mend in a
 * platform or a sysroot is no error but a finding (findings.ts). An error that is not here is a defect of ours.
 */

/** What each exit code says; README has the same words. */
export const exitCodes = {
  0: 'clean',
  1: '`check`, `build`, `pack` or `boot` has findings of severity error, or `check` one that is not allowed, or `diff` has differences',
  2: 'wrong usage, or a configuration with errors',
  3: 'an external tool failed',
  4: 'a boot did not end as expected',
} as const;

export type ExitCode = keyof typeof exitCodes;

/** What all of them have. */
export abstract class EndingError extends Error {
  abstract readonly exitCode: ExitCode;
}

/** Wrong usage that the parser of arguments cannot see. */
export class UsageError extends EndingError {
  override readonly name = 'UsageError';
  readonly exitCode = 2;
}

/** Two things that have nothing in common to compare, or one that is not what it must be. */
export class ComparisonError extends EndingError {
  override readonly name = 'ComparisonError';
  readonly exitCode = 2;
}

/** A revision that git does not have. */
export class RevisionError extends EndingError {
  override readonly name = 'RevisionError';
  readonly exitCode = 2;
}

/** A file that is no initrd, or one that cannot be read as one. */
export class InitrdError extends EndingError {
  override readonly name = 'InitrdError';
  readonly exitCode = 2;
}

/** An external program that is not installed, or does not do what it is for. */
export class ToolError extends EndingError {
  override readonly name: string = 'ToolError';
  readonly exitCode = 3;
}

/** An external program that was started and ended with an error. */
export class FailedToolError extends ToolError {
  override readonly name = 'FailedToolError';
  /** The last line that it said. */
  readonly words: string;
  constructor(message: string, words: string) {
    super(message);
    this.words = words;
  }
}
