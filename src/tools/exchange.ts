/**
 * Two directories change places in one step, which Node cannot do: renameat2(2) with RENAME_EXCHANGE, called from perl.
 * By the runner of run-sync.ts: nothing else may happen in between.
 */
import { ToolError } from '../errors.ts';
import { runSync } from './run-sync.ts';

/** The number of renameat2, by Node's name of the architecture: asm/unistd.h of the kernel. */
const systemCalls: Readonly<Record<string, number>> = { x64: 316, arm64: 276 };

const script = 'exit(syscall(0 + $ARGV[0], -100, $ARGV[1], -100, $ARGV[2], 2) == 0 ? 0 : 1)';

/** False where this machine or the file system cannot do it: nothing has changed then. */
export function exchangeDirectories(left: string, right: string): boolean {
  const number = systemCalls[process.arch];
  if (number === undefined) return false;
  try {
    const args = ['-e', script, String(number), left, right];
    return !runSync({ program: 'perl', args }).failed;
  } catch (error) {
    if (error instanceof ToolError) return false;
    throw error;
  }
}
