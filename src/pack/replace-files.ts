/** Other files in the places of some of a tree. */
import { rangeOf } from '../initrd/input.ts';
import type { TreeEntry } from '../initrd/tree-entry.ts';

/**
 * A change of a tree: at each of `paths`, absolute and there already, is a program with this content then, whatever was
 * there. Other names of a file that was there keep it.
 */
export function replaceFiles(
  paths: readonly string[],
  content: Buffer,
): (tree: readonly TreeEntry[]) => readonly TreeEntry[] {
  const places = new Set(paths.map((path) => path.slice(1)));
  return (tree) => {
    const owners = new Map<string, string>();
    return tree.map((entry): TreeEntry => {
      const { path } = entry;
      if (places.has(path))
        return {
          ...{ path, uid: 0, gid: 0, mode: 0o755, type: 'file' },
          data: rangeOf(content, `/${path}`),
        };
      if (entry.type !== 'link' || !places.has(entry.target)) return entry;
      const owner = owners.get(entry.target);
      if (owner !== undefined) return { ...entry, target: owner };
      const first = tree.find((other) => other.path === entry.target);
      owners.set(entry.target, path);
      return first ? { ...first, path } : entry;
    });
  };
}
