/** modprobe(8): the load order of modules, from a sysroot. */
import { join } from 'node:path';
import type { Command } from './run.ts';

/** Prints what loading `module` takes, soft dependencies too: `insmod PATH` or `builtin NAME`, a line each. */
export function showDependsArgs(sysroot: string, kernel: string, module: string): Command {
  const configuration = ['etc/modprobe.d', 'usr/lib/modprobe.d'].flatMap((path) => [
    '-C',
    join(sysroot, path),
  ]);
  const args = ['-d', sysroot, '-S', kernel, ...configuration, '--ignore-install', '--show-depends', module];
  return { program: 'modprobe', args };
}
