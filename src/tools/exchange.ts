/** Two directories change places in one step, which Node cannot do: renameat2(2) with RENAME_EXCHANGE, called from perl. */
import type { Command } from './run.ts';

/** The number of renameat2, by Node's name of the architecture: asm/unistd.h of the kernel. */
const systemCalls: Readonly<Record<string, number>> = { x64: 316, arm64: 276 };

const script = 'exit(syscall(0 + $ARGV[0], -100, $ARGV[1], -100, $ARGV[2], 2) == 0 ? 0 : 1)';

/** Undefined on an architecture whose number is not known. Fails where the file system cannot do it. */
export function exchangeArgs(left: string, right: string, architecture: string): Command | undefined {
  const number = systemCalls[architecture];
  return number === undefined
    ? undefined
    : { program: 'perl', args: ['-e', script, String(number), left, right] };
}
