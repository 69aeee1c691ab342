/**
 * The libraries of the programs of a minimal initrd: which they are in the sysroot, and where the loader finds them in the
 * initrd, which has neither ld.so.cache nor another path file. What it would not find gets a link in its default directory.
 */
import { basename, dirname } from 'node:path';
import { type Answer, type Library, type Start, startOf, type Tree } from './loader.ts';
import { followLinks, mergeUsr } from './paths.ts';

/** A program: its place in the initrd, and its path in the sysroot. */
export interface Program {
  readonly path: string;
  readonly from: string;
  /** Features that it is not used for: what it merely recommends for them does not come along. */
  readonly without?: readonly string[] | undefined;
}

/** Something at a place of the initrd: a file of the sysroot, by its path without links, or a link. */
export type Placed = { readonly from: string } | { readonly target: string };

/** Why a program will not run, or cannot be looked into; `program` is its place. */
export type LibraryProblem = { readonly program: string } & (
  | { readonly kind: 'damaged'; readonly path: string; readonly words: string }
  /** `path`: where the sysroot has the library that the loader of the initrd would not find; undefined where it has none. */
  | { readonly kind: 'missing'; readonly answer: Answer; readonly path: string | undefined }
);

export interface Libraries {
  /** What the initrd needs besides the programs and what it has, by path. */
  readonly placed: ReadonlyMap<string, Placed>;
  /** Paths of `placed` that each program needs, by the place of the program. */
  readonly neededBy: ReadonlyMap<string, ReadonlySet<string>>;
  readonly problems: readonly LibraryProblem[];
}

/** The libraries of `programs`, for an initrd that has them, the links of a merged /usr, and what `has` says besides. */
export function placeLibraries(
  sysroot: Tree,
  programs: readonly Program[],
  has: ReadonlyMap<string, Placed> = new Map(),
): Libraries {
  return new Placing(sysroot, programs, has).place();
}

/** Rounds in which links are added: one for each library that is found by way of another one that is a link. */
const mostRounds = 32;

class Placing {
  readonly #sysroot: Tree;
  readonly #programs: readonly Program[];
  readonly #has: ReadonlyMap<string, Placed>;
  readonly #placed = new Map<string, Placed>();
  /** Where each file of the sysroot is. */
  readonly #placeOf = new Map<string, string>();
  readonly #neededBy = new Map<string, Set<string>>();
  readonly #problems: LibraryProblem[] = [];

  constructor(sysroot: Tree, programs: readonly Program[], has: ReadonlyMap<string, Placed>) {
    this.#sysroot = sysroot;
    this.#programs = programs;
    this.#has = new Map([
      ...has,
      ...programs.map(({ path, from }) => [path, { from: realOf(sysroot, from) }] as const),
    ]);
  }

  place(): Libraries {
    const starts = this.#programs.map((program) => ({
      program,
      start: startOf(this.#sysroot, program.from, program.without),
    }));
    for (const { program, start } of starts) this.#takeFrom(program, start);
    for (const { program, start } of starts) this.#makeFindable(program, start);
    return { placed: this.#placed, neededBy: this.#neededBy, problems: this.#problems };
  }

  /** What the program has in the sysroot comes to the same place; a second name of a file is a link, as the loader compares files. */
  #takeFrom(program: Program, { answers, damaged }: Start): void {
    const needed = new Set<string>();
    this.#neededBy.set(program.path, needed);
    for (const [path, words] of damaged)
      this.#problems.push({ kind: 'damaged', program: program.path, path, words });
    for (const answer of answers) {
      const { library } = answer;
      if (library) this.#add(mergeUsr(library.path), library.real, needed);
      else if (answer.required)
        this.#problems.push({ kind: 'missing', program: program.path, answer, path: undefined });
    }
  }

  #add(path: string, real: string, needed: Set<string>): void {
    const known = this.#placeOf.get(real);
    needed.add(path);
    if (known !== undefined) needed.add(known);
    if (this.#placed.has(path) || this.#has.has(path)) return;
    if (known === undefined) this.#placeOf.set(real, path);
    this.#placed.set(path, known === undefined ? { from: real } : { target: known });
  }

  /** Adds links until the loader finds in the initrd what it finds in the sysroot. */
  #makeFindable(program: Program, inSysroot: Start): void {
    const wanted = (answer: Answer) =>
      inSysroot.answers.flatMap((other) =>
        other.library && keyOf(program, other) === keyOf(program, answer) ? [other.library] : [],
      );
    for (let round = 0; round < mostRounds; round += 1) {
      const initrd = startOf(this.#tree(), program.path, program.without);
      const wrong = initrd.answers.filter((answer) => !this.#isOneOf(answer.library, wanted(answer)));
      const linked = wrong.filter((answer) => this.#link(program, answer, wanted(answer)[0], initrd));
      if (linked.length > 0) continue;
      for (const answer of wrong)
        this.#problems.push({
          kind: 'missing',
          program: program.path,
          answer,
          path: wanted(answer)[0]?.path,
        });
      return;
    }
  }

  /** One of the files that it is in the sysroot; what is nowhere there was told before. */
  #isOneOf(library: Library | undefined, wanted: readonly Library[]): boolean {
    if (wanted.length === 0) return true;
    const source = library && this.#sourceOf(library.real);
    return source !== undefined && wanted.some(({ real }) => real === source);
  }

  #sourceOf(path: string): string | undefined {
    const placed = this.#placed.get(path) ?? this.#has.get(path);
    return placed && 'from' in placed ? placed.from : undefined;
  }

  /** Where a path is asked for, the link is there; else where the loader looks last. False where that place is taken. */
  #link(program: Program, { names }: Answer, wanted: Library | undefined, { directories }: Start): boolean {
    if (!wanted) return false;
    const target = this.#placeOf.get(wanted.real) ?? mergeUsr(wanted.path);
    const name = names.find((one) => basename(one) === basename(wanted.path)) ?? names[0] ?? '';
    const path = mergeUsr(name.startsWith('/') ? name : `${directories.at(-1)}/${basename(name)}`);
    if (target === path || this.#placed.has(path) || this.#has.has(path)) return false;
    this.#placed.set(path, { target });
    this.#neededBy.get(program.path)?.add(path);
    return true;
  }

  /** The initrd as its loader sees it. */
  #tree(): Tree {
    const entry = (path: string) => this.#placed.get(path) ?? this.#has.get(path);
    const directories = new Set([...this.#has.keys(), ...this.#placed.keys()].flatMap(parentsOf));
    const targetOf = (path: string) => {
      const merged = mergedUsr.get(path);
      if (merged !== undefined) return merged;
      const placed = entry(path);
      if (placed) return 'target' in placed ? placed.target : '';
      return directories.has(path) ? '' : undefined;
    };
    const from = (path: string) => {
      const placed = entry(path);
      return placed && 'from' in placed ? placed.from : undefined;
    };
    const sysroot = this.#sysroot;
    return {
      resolve: (path) => followLinks(path, targetOf),
      linking: (path) => sysroot.linking(from(path) ?? ''),
      opens: (path) => sysroot.opens(from(path) ?? ''),
      cached: (name) => (from('/etc/ld.so.cache') === undefined ? [] : sysroot.cached(name)),
      more: [],
      text: (path) => sysroot.text(from(path) ?? ''),
    };
  }
}

const mergedUsr = new Map(['bin', 'sbin', 'lib', 'lib64'].map((name) => [`/${name}`, `usr/${name}`]));

function parentsOf(path: string): readonly string[] {
  const parent = dirname(path);
  return parent === '/' || parent === '.' ? [] : [parent, ...parentsOf(parent)];
}

function realOf(tree: Tree, path: string): string {
  return tree.resolve(path) ?? path;
}

/** Who asks for what, alike in both trees. */
function keyOf({ path, from }: Program, { by, names }: Answer): string {
  return JSON.stringify([by === path || by === from ? '' : basename(by), names]);
}
