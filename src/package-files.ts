/** bootrelay's own files where the sources run: those of the repository. packaging/bundle.js puts a module with their contents in its place. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';

function findRoot(): URL {
  for (let directory = new URL('.', import.meta.url); ; directory = new URL('..', directory)) {
    if (existsSync(new URL('package.json', directory))) return directory;
    if (directory.pathname === '/') throw new Error('there is no package.json above bootrelay');
  }
}

const root = findRoot();

/** The text of a file, by its path in the repository. */
export function readPackageFile(path: string): string {
  return readFileSync(new URL(path, root), 'utf8');
}

/** The names of what is in a directory of the repository, sorted. */
export function listPackageFiles(directory: string): readonly string[] {
  return readdirSync(new URL(`${directory}/`, root)).sort();
}
