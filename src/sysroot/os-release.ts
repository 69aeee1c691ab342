/** Which distribution a sysroot is of (os-release(5)). */
import { osReleasePaths } from '../plan/layout.ts';
import { readTextIn } from './paths.ts';

/** ID= and VERSION_ID=, where it says them. */
export function distributionOf(sysroot: string): {
  readonly id: string | undefined;
  readonly version: string | undefined;
} {
  const texts = osReleasePaths.map((path) => readTextIn(sysroot, path));
  const text = texts.find((found) => found !== undefined) ?? '';
  const value = (key: string) => new RegExp(`^${key}=(["']?)(.*)\\1\\s*$`, 'm').exec(text)?.[2] || undefined;
  return { id: value('ID'), version: value('VERSION_ID') };
}
