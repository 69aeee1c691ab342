/** git(1), as far as two revisions of a platform file are read. */
import { execaSync } from 'execa';
import { findProgram, ToolError } from './programs.ts';

/** Prints a file of a revision; `path` is relative to the current directory. */
export function gitShowArgs(revision: string, path: string): readonly string[] {
  return ['show', `${revision}:./${path}`];
}

/** Prints the names in a directory of a revision, each with a NUL behind it. */
export function gitListArgs(revision: string, directory: string): readonly string[] {
  return ['ls-tree', '-z', '--name-only', revision, `./${directory}/`];
}

/** Its output as bytes; undefined where git does not have that. Throws ToolError where git is not installed. */
export function askGit(args: readonly string[]): Uint8Array | undefined {
  const { file } = findProgram('git');
  const { failed, stdout } = execaSync(file, args, {
    reject: false,
    encoding: 'buffer',
    stripFinalNewline: false,
  });
  return failed ? undefined : stdout;
}

/** Throws ToolError where the current directory is in no repository, or that has no such revision. */
export function requireRevision(revision: string): void {
  if (askGit(['rev-parse', '--verify', '--quiet', `${revision}^{commit}`]) === undefined)
    throw new ToolError(`git has no revision ${revision} here`);
}
