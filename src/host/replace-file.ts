/** Output files are replaced as a whole: at every moment there is the old file or the new one. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { forget, remember } from './temporary.ts';

/**
 * Puts the file that `fill` makes at the path it is given in the place of `file`; what `fill` gives is the result. Until then only
 * its owner reaches it, in a directory beside `file`. The old file stays if `fill` makes none, or throws.
 */
export async function replaceFile<T>(file: string, fill: (fresh: string) => T | Promise<T>): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  const directory = remember(mkdtempSync(join(dirname(file), `.${basename(file)}.`)));
  try {
    const fresh = join(directory, basename(file));
    const result = await fill(fresh);
    if (existsSync(fresh)) renameSync(fresh, file);
    return result;
  } finally {
    rmSync(directory, { recursive: true, force: true });
    forget(directory);
  }
}
