/** Where modules are in a kernel's tree: also those that another of their name replaces, and what is built in. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ModuleFile, moduleNameOfPath, readLines } from './module-tables.ts';

/** Paths below the tree of a kernel, by module. */
export type ModulePlaces = ReadonlyMap<string, readonly string[]>;

/** All that the tables name, and all files: depmod leaves out a module that one in updates/ replaces, modules.order does not. */
export function readPlaces(
  tree: string,
  version: string,
  modules: ReadonlyMap<string, ModuleFile>,
): ModulePlaces {
  const listed = ['modules.builtin', 'modules.order'].flatMap((name) => readLines(join(tree, name)));
  const paths = [...[...modules.values()].map(({ path }) => path), ...listed, ...filesBelow(tree)];
  const places = new Map<string, Set<string>>();
  for (const path of paths) {
    const name = moduleNameOfPath(path);
    const known = places.get(name);
    const place = placeOfPath(path, version);
    if (known) known.add(place);
    else places.set(name, new Set([place]));
  }
  return new Map([...places].map(([name, its]) => [name, [...its]]));
}

function filesBelow(tree: string): readonly string[] {
  try {
    return readdirSync(tree, { recursive: true, encoding: 'utf8' }).filter((path) =>
      /\.ko(\.\w+)?$/.test(path),
    );
  } catch {
    return [];
  }
}

/** A path below the tree, where a table names it from the root, or there is one more tree of the version in it. */
function placeOfPath(path: string, version: string): string {
  const below = path.startsWith('/') ? path.replace(/^(\/usr)?\/lib\/modules\//, '') : path;
  return below.startsWith(`${version}/`) ? below.slice(version.length + 1) : below;
}

/** Where the kernel's own modules are, and where those that take their place may be laid out alike (depmod.d(5)). */
const roots = /^(?:kernel|updates|extra|weak-updates)\/(?:dkms\/)?/;

/** Whether a module at `path` is what a setting names: a directory or module of the tree, or of the kernel's own modules in it. */
export function isBelow(path: string, place: string): boolean {
  return [path, path.replace(roots, '')].some(
    (candidate) => candidate.startsWith(`${place}/`) || candidate.startsWith(`${place}.ko`),
  );
}
