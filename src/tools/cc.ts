/** cc(1), the C compiler, or what CC names. */
import type { ProgramName } from './programs.ts';
import type { Command } from './run.ts';

/** What makes programs for a processor: this machine's own compiler where that is its own, else another one. */
const compilers = {
  'x86-64': { ownOf: 'x64', cross: 'x86_64-linux-gnu-gcc' },
  arm64: { ownOf: 'arm64', cross: 'aarch64-linux-gnu-gcc' },
} as const satisfies Record<string, { ownOf: NodeJS.Architecture; cross: ProgramName }>;

type Architecture = keyof typeof compilers;

/** The compiler that makes programs for a processor; the environment's CC goes before all. */
export function compilerFor(architecture: Architecture): ProgramName {
  const { ownOf, cross } = compilers[architecture];
  return process.env.CC || ownOf === process.arch ? 'cc' : cross;
}

/** A C file without a C library -> a static program without a name, a time or a path of this machine in it. */
export function compileArgs(source: string, output: string, architecture: Architecture): Command {
  const machine = ['-static', '-nostdlib', '-ffreestanding', '-fno-pic', '-no-pie'];
  // No calls of memset, no tables for unwinding, no check of the stack: all these need a library.
  const bare = [
    '-fno-tree-loop-distribute-patterns',
    '-fno-asynchronous-unwind-tables',
    '-fno-stack-protector',
  ];
  const link = ['-Wl,--build-id=none', '-Wl,-z,noseparate-code', '-Wl,-z,norelro', '-Wl,-s'];
  return {
    program: compilerFor(architecture),
    args: ['-Os', '-Wall', '-Wextra', ...machine, ...bare, ...link, '-o', output, source],
  };
}
