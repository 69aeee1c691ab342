/** cc(1), the C compiler, or what CC names. */
import type { Command } from './run.ts';

/** A C file without a C library -> a static program without a name, a time or a path of this machine in it. */
export function compileArgs(source: string, output: string): Command {
  const machine = ['-static', '-nostdlib', '-ffreestanding', '-fno-pic', '-no-pie'];
  // No calls of memset, no tables for unwinding, no check of the stack: all these need a library.
  const bare = [
    '-fno-tree-loop-distribute-patterns',
    '-fno-asynchronous-unwind-tables',
    '-fno-stack-protector',
  ];
  const link = ['-Wl,--build-id=none', '-Wl,-z,noseparate-code', '-Wl,-s'];
  return {
    program: 'cc',
    args: ['-Os', '-Wall', '-Wextra', ...machine, ...bare, ...link, '-o', output, source],
  };
}
