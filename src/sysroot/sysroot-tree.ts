/** A sysroot as the loader sees it, once it runs. */
import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readLibraryCache, readLibraryDirectories } from './library-directories.ts';
import { type Linking, linkingOf } from './linking.ts';
import type { Request, Tree } from './loader.ts';
import { openedBy } from './opened-libraries.ts';
import { fileInSysroot, isDirectory, placeInSysroot, readIn, readTextIn, resolveInSysroot } from './paths.ts';
import { patternToRegExp } from './patterns.ts';

/** The tree of a sysroot; each file is read once. A sysroot of usr/ and etc/ only counts as one with a merged /usr. */
export function treeOfSysroot(sysroot: string): Tree {
  const known = new Map<string, Facts>();
  const text = (path: string) => readTextIn(sysroot, path);
  const cache = readIn(sysroot, '/etc/ld.so.cache');
  const cached = cache ? readLibraryCache(cache) : new Map<string, readonly string[]>();
  const facts = (path: string) => {
    const its = known.get(path) ?? readFacts(readIn(sysroot, path));
    known.set(path, its);
    return its;
  };
  return {
    resolve(path) {
      const place = placeInSysroot(sysroot, path);
      return place === undefined ? undefined : resolveInSysroot(sysroot, place);
    },
    linking: (path) => facts(path).linking(),
    opens: (path) => facts(path).opens(),
    cached: (name) => cached.get(name) ?? [],
    more: readLibraryDirectories({ text, glob: (pattern) => globIn(sysroot, pattern) }),
    text,
  };
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

/** What a file says, without its content. */
interface Facts {
  readonly linking: () => Linking | undefined;
  readonly opens: () => readonly Request[];
}

function readFacts(content: Buffer = Buffer.alloc(0)): Facts {
  return { linking: outcomeOf(() => linkingOf(content)), opens: outcomeOf(() => openedBy(content)) };
}

/** Does it now; gives what came out, or throws what was thrown, each time that it is called. */
function outcomeOf<T>(make: () => T): () => T {
  try {
    const value = make();
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
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
