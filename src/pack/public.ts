/** Which files a page of a change may show. */

/** The permission of everybody to read. */
const forOthers = 0o004;

/** Files with hashes of passwords, which a checkout may have made readable. */
const secret = /(^|\/)etc\/g?shadow-?$/;

/** True for a file that everybody may read; `mode` are its permission bits. */
export function isPublic(path: string, mode: number): boolean {
  return (mode & forOthers) !== 0 && !secret.test(path);
}
