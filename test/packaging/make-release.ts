/** A release, or parts of one, as `npm run release` makes it. */
import { spawnSync } from 'node:child_process';

export const root = new URL('../../', import.meta.url).pathname;

export type ReleasePart = 'npm' | 'deb' | 'executable';

/** Makes the one file, and these parts of a release, in a directory. */
export function makeRelease(output: string, parts: readonly ReleasePart[]): void {
  const args = ['packaging/release.js', `--output=${output}`, `--only=${parts.join(',')}`];
  const { status, stderr } = spawnSync('node', args, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`packaging/release.js failed: ${stderr}`);
}
