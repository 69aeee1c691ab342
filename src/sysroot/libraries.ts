/** The libraries of a sysroot that programs need, linked or opened while they run. */
import { readFileSync } from 'node:fs';
import { ToolError } from '../errors.ts';
import { lddtreeArgs } from '../tools/lddtree.ts';
import { run } from '../tools/run.ts';
import { isStatic } from './elf.ts';
import { type OpenedProblem, withOpenedLibraries } from './opened-libraries.ts';
import { fileInSysroot, mergeUsr } from './paths.ts';

export interface WithLibraries {
  /** The programs and all libraries that they need, as paths of the sysroot below a merged /usr. */
  readonly paths: readonly string[];
  readonly problems: readonly OpenedProblem[];
}

/** Programs, which must be there, with all libraries that they need. Throws ToolError. */
export function withLibraries(sysroot: string, programs: readonly string[]): Promise<WithLibraries> {
  return withOpenedLibraries(sysroot, programs, (names) => withLinkedLibraries(sysroot, names));
}

/** What lddtree said so far: a check and the build behind it want to know the same, and each answer takes it half a second. */
const answers = new Map<string, Promise<readonly string[]>>();

function withLinkedLibraries(sysroot: string, programs: readonly string[]): Promise<readonly string[]> {
  const question = JSON.stringify([sysroot, ...programs]);
  const answer = answers.get(question) ?? askLddtree(sysroot, programs);
  answers.set(question, answer);
  return answer;
}

async function askLddtree(sysroot: string, programs: readonly string[]): Promise<readonly string[]> {
  const dynamic = programs.filter((path) => !isStaticIn(sysroot, path));
  if (dynamic.length === 0) return programs;
  const output = await run(lddtreeArgs(sysroot, dynamic));
  const files = output.split('\n').filter(Boolean);
  const outside = files.find((file) => pathInSysroot(sysroot, file) === undefined);
  if (outside !== undefined) throw new ToolError(`lddtree names ${outside}, which is not in the sysroot`);
  const own = programs.filter((path) => !dynamic.includes(path));
  return [...new Set([...own, ...files.flatMap((file) => pathInSysroot(sysroot, file) ?? [])])];
}

/** lddtree is slow to say that a static program needs nothing. */
function isStaticIn(sysroot: string, path: string): boolean {
  const file = fileInSysroot(sysroot, path);
  return file !== undefined && isStatic(readFileSync(file));
}

/** A file of this machine as a path of the sysroot below a merged /usr; undefined outside it. */
function pathInSysroot(sysroot: string, file: string): string | undefined {
  const root = sysroot.replace(/\/+$/, '');
  return file.startsWith(`${root}/`) ? mergeUsr(file.slice(root.length)) : undefined;
}
