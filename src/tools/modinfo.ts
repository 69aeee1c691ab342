/** modinfo(8): what modules say of themselves. */
import type { Command } from './run.ts';

/** Prints what modules say of themselves, `FIELD: VALUE` a line; each begins with its filename. */
export function showModulesArgs(files: readonly string[]): Command {
  return { program: 'modinfo', args: [...files] };
}
