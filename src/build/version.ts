/** bootrelay's own version. */
import { readFileSync } from 'node:fs';
import { packageRoot } from '../package-root.ts';

export function bootrelayVersion(): string {
  const text = readFileSync(new URL('package.json', packageRoot()), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
