/** The kernel that a command is about, where --kernel is left out. */
import { resolve } from 'node:path';
import { UsageError } from '../errors.ts';
import { kernelVersions } from '../sysroot/kernel.ts';

/** The version that is given, else that of the only kernel of the sysroot. Throws UsageError where it has none, or several. */
export function kernelVersionOf({
  sysroot,
  kernel,
}: {
  readonly sysroot: string;
  readonly kernel: string | undefined;
}): string {
  if (kernel !== undefined) return kernel;
  const [only, ...others] = kernelVersions(resolve(sysroot));
  if (only === undefined)
    throw new UsageError(
      `${sysroot} must be a built system with a kernel: it has no usr/lib/modules/VERSION`,
    );
  if (others.length > 0)
    throw new UsageError(`--kernel is required: ${sysroot} has ${[only, ...others].join(', ')}`);
  return only;
}
