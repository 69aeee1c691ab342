/** A directory -> a prototype file, by which mkfs.xfs makes a file system with all that is in it: mkfs.xfs(8), -p. */
import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { ToolError } from '../errors.ts';

/**
 * The text for the tree at `directory`. A file with several names becomes several; extended attributes do not come along.
 * Throws ToolError for what a prototype file cannot say: names with white space, and what is neither file, directory nor link.
 */
export function xfsPrototype(directory: string): string {
  // A boot program and sizes, which mkfs.xfs skips.
  return ['none', '0 0', entry(lstatSync(directory), 'd'), ...below(directory), ''].join('\n');
}

function below(directory: string): readonly string[] {
  return [
    ...readdirSync(directory)
      .sort()
      .flatMap((name) => lines(directory, name)),
    '$',
  ];
}

function lines(directory: string, name: string): readonly string[] {
  const path = join(directory, name);
  const stats = lstatSync(path);
  if (stats.isDirectory()) return [`${word(name)} ${entry(stats, 'd')}`, ...below(path)];
  if (stats.isSymbolicLink()) return [`${word(name)} ${entry(stats, 'l')} ${word(readlinkSync(path))}`];
  if (stats.isFile()) return [`${word(name)} ${entry(stats, '-')} ${word(path)}`];
  throw new ToolError(`${path} is no file, directory or link: mkfs.xfs does not take it`);
}

/** Type, whether it sets user and group, permissions, owner and group. */
function entry({ mode, uid, gid }: Stats, type: 'd' | 'l' | '-'): string {
  const user = mode & 0o4000 ? 'u' : '-';
  const group = mode & 0o2000 ? 'g' : '-';
  return `${type}${user}${group}${(mode & 0o777).toString(8).padStart(3, '0')} ${uid} ${gid}`;
}

/** A name as one word; a colon begins a comment, and a dollar sign ends a directory. */
function word(text: string): string {
  if (/\s|^[:$]/.test(text))
    throw new ToolError(`mkfs.xfs does not take the name ${JSON.stringify(text)} from a prototype file`);
  return text;
}
