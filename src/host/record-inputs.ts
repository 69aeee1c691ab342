/**
 * Which files of its inputs a command looks at, for a depfile. The functions of node:fs themselves are watched: what is read in
 * any room, by any way, is on the list, and none of them has to think of it.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { isTemporary } from './temporary.ts';

/** The functions that bootrelay reads with. Programs read what they are given by name, which was looked at before. */
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
    const own = (path: string) => !isTemporary(path);
    const files = [...seen].filter(own).flatMap((path) => trailOf(path, roots));
    const directories = [...listed].filter(own).flatMap((path) => trailOf(path, roots, true));
    return [...new Set([...files, ...directories])].sort();
  };
}

/** How many links a path may lead over: beyond these it is a circle. */
const mostLinks = 40;

/**
 * The links that a path leads over below its root, and the file at its end, or with `directory` the directory: all that
 * somebody needs who has only what is declared. Nothing where it is not there.
 */
function trailOf(path: string, roots: readonly InputRoot[], directory = false): readonly string[] {
  const root = roots.find((one) => path === resolve(one) || path.startsWith(join(resolve(one), '/')));
  if (root === undefined) return [];
  const base = resolve(root);
  const asGiven = (inside: string) => join(root, relative(base, inside));
  const trail: string[] = [];
  let [current, links] = [base, 0];
  const names = path.slice(base.length).split('/').filter(Boolean);
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    const next = join(current, name);
    const stat = fs.lstatSync(next, { throwIfNoEntry: false });
    if (stat === undefined) return trail;
    if (!stat.isSymbolicLink()) {
      current = next;
      continue;
    }
    trail.push(asGiven(next));
    const target = fs.readlinkSync(next);
    links += 1;
    // What an absolute target means is known to who followed it: that was another look, at another path.
    if (links > mostLinks || isAbsolute(target)) return trail;
    names.unshift(...relative(base, resolve(current, target)).split('/').filter(Boolean));
    current = base;
    if (names[0] === '..') return trail;
  }
  const end = fs.lstatSync(current, { throwIfNoEntry: false });
  return end?.isFile() || (directory && end?.isDirectory()) ? [...trail, asGiven(current)] : trail;
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
