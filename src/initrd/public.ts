/** Which files everybody may read, and so which archives of files. */

/** The permission of everybody to read. */
const forOthers = 0o004;

/** Files with hashes of passwords, which a checkout may have made readable. */
const secret = /(^|\/)etc\/g?shadow-?$/;

/** True for a file that everybody may read; `mode` are its permission bits. */
export function isPublic(path: string, mode: number): boolean {
  return (mode & forOthers) !== 0 && !secret.test(path);
}

/** The permission of everybody to reach what is in a directory. */
const throughForOthers = 0o001;

/** A file or directory of a tree. */
export interface Member {
  readonly path: string;
  readonly type: string;
  readonly mode: number;
}

/** 0o644 for an archive whose files everybody may read where they come from, else 0o600: permissions inside it protect nothing. */
export function archiveMode(members: readonly Member[]): 0o600 | 0o644 {
  const closed = members
    .filter(({ type, mode }) => isDirectory(type) && (mode & throughForOthers) === 0)
    .map(({ path }) => (path === '' ? '' : `${path}/`));
  const everybody = members
    .filter(({ type }) => type === 'file')
    .every(
      ({ path, mode }) => isPublic(path, mode) && !closed.some((directory) => path.startsWith(directory)),
    );
  return everybody ? 0o644 : 0o600;
}

function isDirectory(type: string): boolean {
  return type === 'dir' || type === 'directory';
}
