/** bootrelay's own programs, for the minimal initrd and the check of the full one: C in programs/, compiled for the platform. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readPackageFile } from '#package';
import { ToolError } from '../errors.ts';
import { readProgramSource } from '../package.ts';
import type { BootPlan } from '../plan/boot-plan.ts';
import type { OwnProgram } from '../plan/need.ts';
import { compileArgs } from '../tools/cc.ts';
import { run } from '../tools/run.ts';

/** What all of them include. */
const systemCalls = 'system-calls.h';

/** elf(5): e_machine. */
const machines = { 'x86-64': 62, arm64: 183 } as const;

/**
 * Compiles programs/NAME.c to the file `output`, with a copy of the source beside it, and gives that. Throws ToolError where there is no compiler, or where
 * it makes programs for another processor.
 */
export async function compileOwnProgram(
  name: OwnProgram,
  architecture: BootPlan['architecture'],
  output: string,
): Promise<string> {
  const source = `${output}.c`;
  writeFileSync(source, readProgramSource(name));
  writeFileSync(join(dirname(source), systemCalls), readPackageFile(`programs/${systemCalls}`));
  await run(compileArgs(source, output, architecture));
  const machine = readFileSync(output).readUInt16LE(18);
  if (machine === machines[architecture]) return output;
  throw new ToolError(
    `CC makes programs for another processor than ${architecture}: CC must name a compiler for it, or nothing`,
  );
}
