/** Output directories are replaced as a whole: at every moment there is the old content or the new one. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { exchangeArgs } from '../tools/exchange.ts';
import { ToolError } from '../tools/programs.ts';
import { run } from '../tools/run.ts';
import { forget, remember } from './temporary.ts';

/**
 * Makes `directory` hold what `fill` writes into an empty directory beside it, and nothing else.
 * The old content stays until the new one is complete; if `fill` throws, it stays for good.
 */
export async function replaceDirectory<T>(
  directory: string,
  fill: (fresh: string) => T | Promise<T>,
): Promise<T> {
  mkdirSync(dirname(directory), { recursive: true });
  const fresh = remember(mkdtempSync(join(dirname(directory), `.${basename(directory)}.`)));
  try {
    const result = await fill(fresh);
    chmodSync(fresh, 0o755);
    await swapIn(fresh, directory);
    return result;
  } finally {
    // What is there now is the old content, or what could not be completed.
    rmSync(fresh, { recursive: true, force: true });
    forget(fresh);
  }
}

async function swapIn(fresh: string, directory: string): Promise<void> {
  if (!existsSync(directory)) {
    try {
      renameSync(fresh, directory);
      return;
    } catch (error) {
      // Another run was faster: then it is replaced.
      if (!existsSync(directory)) throw error;
    }
  }
  if (!(await exchange(fresh, directory))) swapByRenaming(fresh, directory);
}

/** False where this machine or the file system cannot do it. */
async function exchange(fresh: string, directory: string): Promise<boolean> {
  const command = exchangeArgs(fresh, directory, process.arch);
  if (!command) return false;
  try {
    await run(command);
    return true;
  } catch (error) {
    if (error instanceof ToolError) return false;
    throw error;
  }
}

/** Two steps: between them only the old content is there, beside its place. */
function swapByRenaming(fresh: string, directory: string): void {
  const old = `${fresh}.old`;
  renameSync(directory, old);
  try {
    renameSync(fresh, directory);
  } catch (error) {
    renameSync(old, directory);
    throw error;
  }
  rmSync(old, { recursive: true, force: true });
}
