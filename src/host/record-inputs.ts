/**
 * Which files of its inputs a command looks at, for a depfile. The functions of node:fs themselves are watched: what is read in
 * any room, by any way, is on the list, and none of them has to think of it.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { resolve } from 'node:path';

/** The functions that bootrelay reads with. What programs read they are given by name, and these were looked at before. */
const watched = [
  'accessSync',
  'copyFileSync',
  'createReadStream',
  'existsSync',
  'lstatSync',
  'openSync',
  'readFileSync',
  'readdirSync',
  'readlinkSync',
  'realpathSync',
  'statSync',
] as const;

/** A file or directory with all that is in it, as the user names it. */
export type InputRoot = string;

/**
 * Watches from now on. The result gives what was looked at below `roots` and is there now: files, links, and directories
 * whose names were read; each begins as its root does, sorted.
 */
export function recordInputs(roots: readonly InputRoot[]): () => readonly string[] {
  const seen = new Set<string>();
  const listed = new Set<string>();
  for (const name of watched) watch(name, name === 'readdirSync' ? listed : seen);
  syncBuiltinESMExports();
  return () => {
    const asGiven = (path: string) => {
      const root = roots.find(
        (one) => path === resolve(one) || path.startsWith(`${resolve(one).replace(/\/$/, '')}/`),
      );
      return root === undefined
        ? []
        : [root.replace(/\/$/, '') + path.slice(resolve(root).replace(/\/$/, '').length)];
    };
    const files = [...seen].filter((path) => isFileOrLink(path));
    return [...new Set([...files, ...listed].flatMap(asGiven))].sort();
  };
}

function watch(name: (typeof watched)[number], paths: Set<string>): void {
  const original = fs[name] as (...args: unknown[]) => unknown;
  const watching = (...args: unknown[]) => {
    const [path] = args;
    if (typeof path === 'string') paths.add(resolve(path));
    return original(...args);
  };
  Object.assign(fs, { [name]: Object.assign(watching, original) });
}

function isFileOrLink(path: string): boolean {
  const stat = fs.lstatSync(path, { throwIfNoEntry: false });
  return stat !== undefined && (stat.isFile() || stat.isSymbolicLink());
}
