/** Programs that go on while bootrelay does something else, until they end or are ended: a guest, a TPM. */
import type { Readable } from 'node:stream';
import { execa } from 'execa';
import { environmentOf } from './environment.ts';
import { findProgram } from './programs.ts';
import type { Command } from './run.ts';

export interface StartOptions {
  /** Whether write() is used; without it standard input is empty. */
  readonly input?: boolean;
  /** Whether it is several processes, which are a group of their own and end as one. */
  readonly group?: boolean;
}

export interface Started {
  /** What it prints, as it comes. */
  readonly output: Readable;
  /** Gives it text as standard input. */
  write(text: string): void;
  /** Ends it at once, and all processes of its group. */
  kill(): void;
  readonly ended: Promise<{ readonly exitCode: number | undefined; readonly stderr: string }>;
}

/** Starts a program. Throws ToolError where it is not installed; whether it fails is seen in how it ended. */
export function start(command: Command, { input = false, group = false }: StartOptions = {}): Started {
  const { file, prefix } = findProgram(command.program);
  const running = execa(file, [...prefix, ...command.args], {
    env: { ...environmentOf(command.program), ...command.env },
    extendEnv: false,
    reject: false,
    stdin: input ? 'pipe' : 'ignore',
    buffer: { stdout: false },
    detached: group,
  });
  // A program that nobody listens to must not wait until somebody does.
  running.stdout.resume();
  return {
    output: running.stdout,
    write: (text) => running.stdin?.write(text),
    kill: () => (group ? killGroup(running.pid) : running.kill('SIGKILL')),
    ended: running.then(({ exitCode, stderr }) => ({ exitCode, stderr })),
  };
}

/** Ends the processes of a group, those that their parent has left behind included. */
function killGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, 'SIGKILL');
  } catch {
    // There is none left.
  }
}
