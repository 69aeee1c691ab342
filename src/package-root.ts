/** Where bootrelay itself is installed: its templates, units and package.json; and its version. */
import { existsSync, readFileSync } from 'node:fs';

/** The directory with package.json above this module, whether it runs from src/ or bundled in dist/. */
export function packageRoot(): URL {
  for (let directory = new URL('.', import.meta.url); ; directory = new URL('..', directory)) {
    if (existsSync(new URL('package.json', directory))) return directory;
    if (directory.pathname === '/') throw new Error('there is no package.json above bootrelay');
  }
}

/** bootrelay's own version. */
export function bootrelayVersion(): string {
  const text = readFileSync(new URL('package.json', packageRoot()), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
