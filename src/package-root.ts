/** Where bootrelay itself is installed: its templates, units and package.json. */
import { existsSync } from 'node:fs';

/** The directory with package.json above this module, whether it runs from src/ or bundled in dist/. */
export function packageRoot(): URL {
  for (let directory = new URL('.', import.meta.url); ; directory = new URL('..', directory)) {
    if (existsSync(new URL('package.json', directory))) return directory;
    if (directory.pathname === '/') throw new Error('there is no package.json above bootrelay');
  }
}
