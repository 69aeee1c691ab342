/** Paths of a sysroot, with its symbolic links followed inside it. */
import { lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

const maximumLinks = 40;

/**
 * Resolves `path` in a tree as a process with that tree as its root would see it: absolute links start at the root,
 * `..` stops there. `targetOf` gives the target of a symbolic link, '' for anything else that is there, undefined for
 * nothing. Gives the path without links, starting with /, or undefined where nothing is.
 */
export function followLinks(
  path: string,
  targetOf: (path: string) => string | undefined,
): string | undefined {
  let links = 0;
  let resolved = '/';
  const pending = path.split('/').filter(Boolean);
  for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
    if (name === '.') continue;
    if (name === '..') {
      resolved = dirname(resolved);
      continue;
    }
    const next = join(resolved, name);
    const target = targetOf(next);
    if (target === undefined) return undefined;
    if (target === '') {
      resolved = next;
      continue;
    }
    links += 1;
    if (links > maximumLinks) return undefined;
    if (target.startsWith('/')) resolved = '/';
    pending.unshift(...target.split('/').filter(Boolean));
  }
  return resolved;
}

/** followLinks() in a sysroot on this machine. */
export function resolveInSysroot(sysroot: string, path: string): string | undefined {
  return followLinks(path, (name) => linkTarget(join(sysroot, name)));
}

/** The target of a symbolic link, '' for anything else that exists, undefined for nothing. */
function linkTarget(file: string): string | undefined {
  try {
    return lstatSync(file).isSymbolicLink() ? readlinkSync(file) : '';
  } catch {
    return undefined;
  }
}

/** The file on this machine that `path` of the sysroot is, or undefined. */
export function fileInSysroot(sysroot: string, path: string): string | undefined {
  const resolved = resolveInSysroot(sysroot, path);
  return resolved === undefined ? undefined : join(sysroot, resolved);
}

/** The content of a regular file of the sysroot, links followed inside it; undefined where none is there. */
export function readIn(sysroot: string, path: string): Buffer | undefined {
  const file = fileInSysroot(sysroot, path);
  return file !== undefined && statSync(file).isFile() ? readFileSync(file) : undefined;
}

/** The same as text. */
export function readTextIn(sysroot: string, path: string): string | undefined {
  return readIn(sysroot, path)?.toString('utf8');
}

/** The names in a directory of the sysroot, sorted; none where there is none. */
export function listIn(sysroot: string, path: string): readonly string[] {
  const directory = fileInSysroot(sysroot, path);
  return directory !== undefined && isDirectory(directory) ? readdirSync(directory).sort() : [];
}

/** The path of the sysroot at which `path` is, or would be if /usr were merged or were not; undefined for nothing. */
export function placeInSysroot(sysroot: string, path: string): string | undefined {
  const names = [path, mergeUsr(path), path.replace(/^\/usr\/(bin|sbin|lib|lib64)\//, '/$1/')];
  return names.find((name) => resolveInSysroot(sysroot, name) !== undefined);
}

/** A path below a merged /usr, whatever the sysroot has. */
export function mergeUsr(path: string): string {
  return path.replace(/^\/(bin|sbin|lib|lib64)\//, '/usr/$1/');
}

/** True for a directory, or a link to one. */
export function isDirectory(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
