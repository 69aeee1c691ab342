/** git(1), as far as two revisions of a platform file are read. */
import { posix } from 'node:path';
import { execaSync } from 'execa';
import { environmentOf } from './environment.ts';
import { findProgram, ToolError } from './programs.ts';

interface Answer {
  readonly failed: boolean;
  readonly stdout: Uint8Array;
  readonly words: string;
}

function ask(args: readonly string[], input = ''): Answer {
  const { file, prefix } = findProgram('git');
  const options = {
    env: environmentOf('git'),
    extendEnv: false,
    reject: false,
    encoding: 'buffer',
    stripFinalNewline: false,
    input,
  } as const;
  const { failed, stdout, stderr } = execaSync(file, [...prefix, ...args], options);
  return { failed, stdout, words: new TextDecoder().decode(stderr).trim() };
}

/** The repository has no such revision. */
export class RevisionError extends Error {
  override readonly name = 'RevisionError';
}

/** Throws ToolError where git is not installed or does not answer here, RevisionError where it has no such revision. */
export function requireRevision(revision: string): void {
  const here = ask(['rev-parse', '--git-dir']);
  if (here.failed) throw new ToolError(`git does not answer in this directory:\n    | ${here.words}`);
  if (ask(['rev-parse', '--verify', '--quiet', `${revision}^{commit}`]).failed)
    throw new RevisionError(`git has no revision ${revision} here`);
}

/** `path`, relative to the current directory, as the repository names it. */
function pathInRepository(path: string): string {
  const prefix = new TextDecoder().decode(ask(['rev-parse', '--show-prefix']).stdout).trimEnd();
  return posix.join(prefix, path);
}

/** A file of a revision, with links followed; undefined where there is none. git-cat-file(1), --batch. */
export function readFromRevision(revision: string, path: string): Uint8Array | undefined {
  const { stdout } = ask(
    ['cat-file', '--batch', '--follow-symlinks'],
    `${revision}:${pathInRepository(path)}\n`,
  );
  const end = stdout.indexOf(10);
  const [, size] = /^[0-9a-f]+ blob (\d+)$/.exec(new TextDecoder().decode(stdout.subarray(0, end))) ?? [];
  return size === undefined ? undefined : stdout.subarray(end + 1, end + 1 + Number(size));
}

/** The names in a directory of a revision, sorted; none where there is no such directory. */
export function listInRevision(revision: string, directory: string): readonly string[] {
  const { failed, stdout } = ask([
    'ls-tree',
    '-z',
    '--name-only',
    `${revision}:${pathInRepository(directory)}`,
  ]);
  return failed ? [] : new TextDecoder().decode(stdout).split('\0').filter(Boolean).sort();
}
