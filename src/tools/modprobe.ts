/** modprobe(8) and modinfo(8): what must be loaded for a module, and what modules say of themselves, in a sysroot. */
import { join } from 'node:path';
import type { Command } from './run.ts';

/** Prints what must be loaded for `module`, soft dependencies too: `insmod PATH` or `builtin NAME`, a line each. */
export function showDependsArgs(sysroot: string, kernel: string, module: string): Command {
  const configuration = ['etc/modprobe.d', 'usr/lib/modprobe.d'].flatMap((path) => [
    '-C',
    join(sysroot, path),
  ]);
  const args = ['-d', sysroot, '-S', kernel, ...configuration, '--ignore-install', '--show-depends', module];
  return { program: 'modprobe', args };
}

/** Prints what modules say of themselves, `FIELD: VALUE` a line; each begins with its filename. */
export function showModulesArgs(files: readonly string[]): Command {
  return { program: 'modinfo', args: [...files] };
}
