/** The kernel that a command is about, where --kernel is left out. */
import { resolve } from 'node:path';
import { UsageError } from '../errors.ts';
import { kernelVersions } from '../sysroot/kernel.ts';

/** The versions of all kernels of a sysroot. Throws UsageError where it has none. */
export function kernelVersionsOf(sysroot: string): readonly [string, ...string[]] {
  const [first, ...others] = kernelVersions(resolve(sysroot));
  if (first !== undefined) return [first, ...others];
  throw new UsageError(`${sysroot} must be a built system with a kernel: it has no usr/lib/modules/VERSION`);
}

/** The version that is given, else that of the only kernel of the sysroot. Throws UsageError where it has none, or several. */
export function kernelVersionOf({
  sysroot,
  kernel,
}: {
  readonly sysroot: string;
  readonly kernel: string | undefined;
}): string {
  if (kernel !== undefined) return kernel;
  const [only, ...others] = kernelVersionsOf(sysroot);
  if (others.length > 0)
    throw new UsageError(`--kernel is required: ${sysroot} has ${[only, ...others].join(', ')}`);
  return only;
}
