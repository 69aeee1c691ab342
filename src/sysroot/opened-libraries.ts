/**
 * Libraries that programs open at run time (dlopen): no ELF header names them, but the note section .note.dlopen does
 * (the UAPI Group's "ELF Dlopen Metadata for ELF files").
 */
import { readFileSync } from 'node:fs';
import { sectionsOf } from './elf.ts';
import { fileInSysroot } from './paths.ts';

/** Where a sysroot has its libraries, besides the directories of systemd's own. */
const libraryDirectories = [
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib/aarch64-linux-gnu',
  '/usr/lib64',
  '/usr/lib',
];

export interface OpenedLibrary {
  readonly feature: string;
  readonly priority: 'required' | 'recommended' | 'suggested';
  /** Names of which one is enough, the best first. */
  readonly soname: readonly string[];
}

/** A library that a program cannot do without and that is not there, or a program that does not say which it opens. */
export interface OpenedProblem {
  readonly kind: 'library-missing' | 'file-damaged';
  readonly program: string;
  readonly message: string;
}

interface Opened {
  readonly paths: readonly string[];
  readonly problems: readonly OpenedProblem[];
}

/**
 * The paths that `list` gives for `programs`, and those of the libraries that they open, until nothing is new. What a
 * program merely suggests stays out: it works without.
 */
export async function withOpenedLibraries(
  sysroot: string,
  programs: readonly string[],
  list: (paths: readonly string[]) => Promise<readonly string[]>,
): Promise<Opened> {
  let wanted = programs;
  for (;;) {
    const paths = await list(wanted);
    const opened = paths.map((path) => openedBy(sysroot, path));
    const found = new Set(opened.flatMap((of) => of.paths));
    const fresh = [...found].filter((path) => !wanted.includes(path) && !paths.includes(path));
    if (fresh.length === 0) return { paths, problems: opened.flatMap(({ problems }) => problems) };
    wanted = [...wanted, ...fresh];
  }
}

function openedBy(sysroot: string, program: string): Opened {
  const file = fileInSysroot(sysroot, program) ?? fileInSysroot(sysroot, program.replace(/^\/usr/, ''));
  if (!file) return { paths: [], problems: [] };
  try {
    const libraries = readOpenedLibraries(readFileSync(file)).filter(
      ({ priority }) => priority !== 'suggested',
    );
    const taken = libraries.map((library) => takeLibrary(sysroot, program, library));
    return {
      paths: taken.flatMap(({ paths }) => paths),
      problems: taken.flatMap(({ problems }) => problems),
    };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const message = `${program} of the sysroot cannot be read: ${error.message}`;
    return { paths: [], problems: [{ kind: 'file-damaged', program, message }] };
  }
}

/** The first of the library's names that the sysroot has; one that is required must be there. */
function takeLibrary(sysroot: string, program: string, library: OpenedLibrary): Opened {
  const paths = library.soname.flatMap((name) => findLibrary(sysroot, name) ?? []).slice(0, 1);
  if (paths.length > 0 || library.priority !== 'required') return { paths, problems: [] };
  const names = library.soname.join(' or ');
  const message = `the sysroot must have ${names}, which ${program} opens for ${library.feature}`;
  return { paths, problems: [{ kind: 'library-missing', program, message }] };
}

/**
 * libgcc_s, where one of `paths` may end a thread before its function does (pthread_exit(3)): glibc opens it by its name then,
 * and aborts without it. No note says so.
 */
export function unwinderFor(sysroot: string, paths: readonly string[]): readonly string[] {
  const name = 'libgcc_s.so.1';
  const asked = paths.some((path) => !/\/libc\.so\.6$/.test(path) && endsThreads(sysroot, path));
  const found = asked ? findLibrary(sysroot, name) : undefined;
  return found === undefined ? [] : [found];
}

function endsThreads(sysroot: string, path: string): boolean {
  const file = fileInSysroot(sysroot, path);
  const names = file === undefined ? [] : sectionsOf(readFileSync(file));
  const symbols = names.find(({ name }) => name === '.dynstr')?.content;
  return ['pthread_exit', 'pthread_cancel'].some((symbol) => symbols?.includes(`\0${symbol}\0`));
}

function findLibrary(sysroot: string, name: string): string | undefined {
  return libraryDirectories
    .map((directory) => `${directory}/${name}`)
    .find((path) => fileInSysroot(sysroot, path) !== undefined);
}

/** What the .note.dlopen section of an ELF file (64 bits, little endian) says; nothing for any other file. Throws SyntaxError. */
export function readOpenedLibraries(elf: Buffer): readonly OpenedLibrary[] {
  return sectionsOf(elf)
    .filter(({ name }) => name === '.note.dlopen')
    .flatMap(({ content }) => readNotes(content));
}

/** Notes are a header of three words, an owner and a description, each padded to 4 bytes. */
function readNotes(section: Buffer): readonly OpenedLibrary[] {
  const libraries: OpenedLibrary[] = [];
  for (let place = 0; place + 12 <= section.length; ) {
    const ownerSize = section.readUInt32LE(place);
    const size = section.readUInt32LE(place + 4);
    const start = place + 12 + roundUp(ownerSize);
    const text = section
      .subarray(start, start + size)
      .toString('utf8')
      .replace(/\0.*$/s, '');
    libraries.push(...readNote(text));
    place = start + roundUp(size);
  }
  return libraries;
}

/** A note is JSON; what is not is no note of this kind. */
function readNote(text: string): readonly OpenedLibrary[] {
  try {
    return JSON.parse(text) as OpenedLibrary[];
  } catch {
    throw new SyntaxError(`a .note.dlopen section holds what is not JSON: ${text.slice(0, 100)}`);
  }
}

function roundUp(size: number): number {
  return Math.ceil(size / 4) * 4;
}
