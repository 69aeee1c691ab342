/** The shells that rendered text must run in. */
import { spawnSync } from 'node:child_process';

export const shells = [
  ['dash', ['dash']],
  ['busybox', ['busybox', 'sh']],
] as const;

export interface ShellResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program with text on standard input; a program that is not installed is an error. */
export function runProgram(
  command: readonly string[],
  input = '',
  env: NodeJS.ProcessEnv = process.env,
): ShellResult {
  const [program = '', ...args] = command;
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    input,
    encoding: 'utf8',
    env,
    timeout: 20_000,
  });
  if (error) throw error;
  return { status, stdout, stderr };
}
