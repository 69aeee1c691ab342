/**
 * The environment of external programs: ours alone. What a caller has set (SOURCE_DATE_EPOCH, XZ_OPT, LD_PRELOAD, ...) would
 * change their bytes or make them fail; what a program must know of its caller is in the table of programs.
 */
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { type Program, type ProgramName, programs } from './programs.ts';

/** Programs find the system's own interpreters first: those have the modules that the system's programs need. */
export function environmentOf(name: ProgramName): Readonly<Record<string, string>> {
  const program: Program = programs[name];
  const kept = Object.entries(process.env).flatMap(([variable, value]) =>
    value !== undefined && program.keeps?.test(variable) ? [[variable, value] as const] : [],
  );
  return {
    ...Object.fromEntries(kept),
    PATH: ['/usr/sbin:/usr/bin:/sbin:/bin', process.env.PATH].filter(Boolean).join(':'),
    LC_ALL: 'C',
    TMPDIR: resolve(tmpdir()),
  };
}
