/** A sysroot as the loader sees it, once it runs. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readLibraryCache, readLibraryDirectories } from './library-directories.ts';
import { type Linking, linkingOf } from './linking.ts';
import type { Request, Tree } from './loader.ts';
import { openedBy } from './opened-libraries.ts';
import { fileInSysroot, isDirectory, placeInSysroot, resolveInSysroot } from './paths.ts';
import { patternToRegExp } from './patterns.ts';

/** The tree of a sysroot; each file is read once. A sysroot of usr/ and etc/ only counts as one with a merged /usr. */
export function treeOfSysroot(sysroot: string): Tree {
  const linkings = new Map<string, Outcome<Linking | undefined>>();
  const opened = new Map<string, Outcome<readonly Request[]>>();
  const text = (path: string) => readIn(sysroot, path)?.toString('utf8');
  const cache = readIn(sysroot, '/etc/ld.so.cache');
  const cached = cache ? readLibraryCache(cache) : new Map<string, readonly string[]>();
  const read = (path: string) => readIn(sysroot, path) ?? Buffer.alloc(0);
  return {
    resolve(path) {
      const place = placeInSysroot(sysroot, path);
      return place === undefined ? undefined : resolveInSysroot(sysroot, place);
    },
    linking: (path) => once(linkings, path, () => linkingOf(read(path))),
    opens: (path) => once(opened, path, () => openedBy(read(path))),
    cached: (name) => cached.get(name) ?? [],
    more: readLibraryDirectories({ text, glob: (pattern) => globIn(sysroot, pattern) }),
    text,
  };
}

/** The content of a regular file. */
function readIn(sysroot: string, path: string): Buffer | undefined {
  const file = fileInSysroot(sysroot, path);
  return file !== undefined && statSync(file).isFile() ? readFileSync(file) : undefined;
}

/** The paths whose last name is one of a pattern. */
function globIn(sysroot: string, pattern: string): readonly string[] {
  const directory = dirname(pattern);
  const real = fileInSysroot(sysroot, directory);
  if (real === undefined || !isDirectory(real)) return [];
  const names = patternToRegExp(basename(pattern));
  return readdirSync(real)
    .filter((name) => names.test(name) && !name.startsWith('.'))
    .sort()
    .map((name) => join(directory, name));
}

type Outcome<T> = { readonly value: T } | { readonly error: unknown };

/** Does it once, also where it fails. */
function once<T>(known: Map<string, Outcome<T>>, key: string, make: () => T): T {
  const outcome = known.get(key) ?? attempt(make);
  known.set(key, outcome);
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}

function attempt<T>(make: () => T): Outcome<T> {
  try {
    return { value: make() };
  } catch (error) {
    return { error };
  }
}

/** Where systems have libraries; some of them below, for processors that can do more, or for one program. */
const libraryDirectories = ['/usr/lib', '/usr/lib64', '/usr/local/lib', '/usr/local/lib64', '/lib', '/lib64'];

/** Files of these names in or below the directories of libraries, wherever a loader looks. */
export function findLibraryFiles(sysroot: string, names: readonly string[]): readonly string[] {
  const found = new Map<string, string>();
  for (const directory of libraryDirectories.flatMap((path) => directoriesBelow(sysroot, path, 3)))
    for (const name of names) {
      const real = resolveInSysroot(sysroot, join(directory, name));
      if (real !== undefined && !found.has(real)) found.set(real, join(directory, name));
    }
  return [...found.values()];
}

/** A directory with those in it, so many names deep; none is a link. Kernels have no libraries, and many directories. */
function directoriesBelow(sysroot: string, path: string, depth: number): readonly string[] {
  const real = fileInSysroot(sysroot, path);
  if (real === undefined || !isDirectory(real)) return [];
  if (depth === 0) return [path];
  const below = readdirSync(real, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !['modules', 'firmware'].includes(entry.name))
    .map(({ name }) => join(path, name));
  return [path, ...below.flatMap((directory) => directoriesBelow(sysroot, directory, depth - 1))];
}
