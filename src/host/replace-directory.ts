/** Output directories are replaced as a whole: at every moment there is the old content or the new one. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UsageError } from '../errors.ts';
import { exchangeDirectories } from '../tools/exchange.ts';
import { forget, remember } from './temporary.ts';

/**
 * Makes `directory` hold what `fill` writes into an empty directory beside it, and nothing else.
 * The old content stays until the new one is complete; if `fill` throws, it stays for good.
 */
export async function replaceDirectory<T>(
  directory: string,
  fill: (fresh: string) => T | Promise<T>,
): Promise<T> {
  if (existsSync(directory) && !statSync(directory).isDirectory())
    throw new UsageError(`${directory} is a file: the output is a directory, which is replaced as a whole`);
  mkdirSync(dirname(directory), { recursive: true });
  const fresh = remember(mkdtempSync(join(dirname(directory), `.${basename(directory)}.`)));
  try {
    const result = await fill(fresh);
    chmodSync(fresh, 0o755);
    swapIn(fresh, directory);
    return result;
  } finally {
    // What is there now is the old content, or what could not be completed.
    rmSync(fresh, { recursive: true, force: true });
    forget(fresh);
  }
}

/** How often another run may come in between. */
const attempts = 10;

function swapIn(fresh: string, directory: string): void {
  for (let attempt = 1; ; attempt += 1) {
    try {
      if (!existsSync(directory)) renameSync(fresh, directory);
      else if (!exchangeDirectories(fresh, directory)) swapByRenaming(fresh, directory);
      return;
    } catch (error) {
      if (attempt === attempts || !isRace(error)) throw error;
    }
  }
}

/** Another run made the directory, or took it away, since it was looked for. */
function isRace(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENOTEMPTY' || code === 'EEXIST';
}

/** Two steps: between them only the old content is there, beside its place. */
function swapByRenaming(fresh: string, directory: string): void {
  const old = `${fresh}.old`;
  renameSync(directory, old);
  try {
    renameSync(fresh, directory);
  } catch (error) {
    if (!existsSync(directory)) renameSync(old, directory);
    rmSync(old, { recursive: true, force: true });
    throw error;
  }
  rmSync(old, { recursive: true, force: true });
}
