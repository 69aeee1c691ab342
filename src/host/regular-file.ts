/** A name on the command line that must be that of a file that can be read again and again. */
import { statSync } from 'node:fs';
import { UsageError } from '../errors.ts';

/** Throws UsageError where there is no such file, or where it is a directory, a pipe or a device. `what` is what is wanted. */
export function requireRegularFile(name: string, what: string): void {
  const stat = statSync(name, { throwIfNoEntry: false });
  if (!stat) throw new UsageError(`there is no ${name}`);
  if (stat.isDirectory()) throw new UsageError(`${name} is a directory and no file: ${what} is wanted`);
  if (!stat.isFile())
    throw new UsageError(
      `${name} is no regular file (a pipe?): ${what} is read more than once; write it into a file first`,
    );
}
