/** Which distribution a sysroot is of (os-release(5)). */
import { readFileSync } from 'node:fs';
import { osReleasePaths } from '../plan/layout.ts';
import { fileInSysroot } from './paths.ts';

/** ID= and VERSION_ID=, where it says them. */
export function distributionOf(sysroot: string): {
  readonly id: string | undefined;
  readonly version: string | undefined;
} {
  const file = osReleasePaths
    .map((path) => fileInSysroot(sysroot, path))
    .find((found) => found !== undefined);
  const text = file === undefined ? '' : readFileSync(file, 'utf8');
  const value = (key: string) => new RegExp(`^${key}=(["']?)(.*)\\1\\s*$`, 'm').exec(text)?.[2] || undefined;
  return { id: value('ID'), version: value('VERSION_ID') };
}
