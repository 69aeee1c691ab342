/** The runner for what must be known at once: no other work of bootrelay happens meanwhile, and nothing is loaded for it. */
import { spawnSync } from 'node:child_process';
import { environmentOf } from './environment.ts';
import { findProgram } from './programs.ts';
import type { Command } from './run.ts';

/** Bytes of output that are kept. */
const largestOutput = 256 * 1024 * 1024;

export interface Answer {
  readonly failed: boolean;
  readonly stdout: Buffer;
  /** What it said on standard error. */
  readonly words: string;
}

/** Runs a program with `input` as its standard input. Throws ToolError where it is not installed. */
export function runSync({ program, args, env }: Command, input = ''): Answer {
  const { file, prefix } = findProgram(program);
  const { status, stdout, stderr } = spawnSync(file, [...prefix, ...args], {
    env: { ...environmentOf(program), ...env },
    input,
    maxBuffer: largestOutput,
  });
  return { failed: status !== 0, stdout, words: String(stderr ?? '').trim() };
}
