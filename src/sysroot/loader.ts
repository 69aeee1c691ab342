/**
 * Which libraries a program gets in a tree of files, by the rules of its loader: that of glibc (ld.so(8)) or that of
 * musl (ldso/dynlink.c). Nothing is run.
 */
import { basename, dirname } from 'node:path';
import { muslDirectories } from './library-directories.ts';
import type { Linking } from './linking.ts';

/** A tree of files as the loader sees it. */
export interface Tree {
  /** A path without links; undefined where nothing is. */
  resolve(path: string): string | undefined;
  /** Of a path without links; undefined for what is no ELF file. Throws SyntaxError for a damaged one. */
  linking(path: string): Linking | undefined;
  /** Libraries by name that ld.so.cache has. */
  cached(name: string): readonly string[];
  /** Directories in which a cache that is made anew would find more. */
  readonly more: readonly string[];
  text(path: string): string | undefined;
  /** What the ELF file at a path without links opens while it runs. */
  opens(path: string): readonly Request[];
}

/** A wish for a library. */
export interface Request {
  /** Names or paths of which one is enough, the best first. */
  readonly names: readonly string[];
  /** What it is for; undefined for what the program is linked to. */
  readonly feature?: string;
  /** The program does not start without, or not do what it is for. */
  readonly required: boolean;
}

export interface Library {
  /** The directory that it was found in, without links, and its name there. */
  readonly path: string;
  /** Its path without links. */
  readonly real: string;
}

/** A wish, who has it, and what it gets. */
export interface Answer extends Request {
  readonly by: string;
  readonly library: Library | undefined;
}

interface Loaded extends Library {
  /** As it was found: $ORIGIN is this directory. */
  readonly found: string;
  readonly linking: Linking;
  readonly parent: Loaded | undefined;
  readonly names: Set<string>;
}

/** A program, or a library, that is there, with the answers to all that it and its libraries ask for. */
export interface Start {
  readonly answers: readonly Answer[];
  /** Files that cannot be read, and why. */
  readonly damaged: ReadonlyMap<string, string>;
  /** Where its loader looks when nothing else is said. */
  readonly directories: readonly string[];
}

/** All that the loader does for the program at `path`, and what is opened later, but for features in `without` that are not required. */
export function startOf(tree: Tree, path: string, without: readonly string[] = []): Start {
  return new Loading(tree, without).start(path);
}

class Loading {
  readonly #answers: Answer[] = [];
  readonly #damaged = new Map<string, string>();
  readonly #loaded: Loaded[] = [];
  readonly #tree: Tree;
  readonly #without: readonly string[];
  #rules: Rules = { kind: 'glibc', directories: [], variables: {} };

  constructor(tree: Tree, without: readonly string[]) {
    this.#tree = tree;
    this.#without = without;
  }

  start(path: string): Start {
    const real = this.#tree.resolve(path);
    const linking = real === undefined ? undefined : this.#linking(real);
    // What is no ELF file is a script, if it can be started at all: its interpreter is another program.
    if (real !== undefined && linking) {
      const program: Loaded = { path, real, found: real, linking, parent: undefined, names: new Set() };
      this.#takeLoader(program);
      this.#loaded.push(program);
      this.#loadAll();
    }
    const { directories } = this.#rules;
    return { answers: this.#answers, damaged: this.#damaged, directories };
  }

  #linking(real: string): Linking | undefined {
    return this.#read(real, () => this.#tree.linking(real));
  }

  #opens(real: string): readonly Request[] {
    const requests = this.#read(real, () => this.#tree.opens(real)) ?? [];
    return requests.filter(({ required, feature = '' }) => required || !this.#without.includes(feature));
  }

  #read<T>(real: string, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      this.#damaged.set(real, error.message);
      return undefined;
    }
  }

  /** The loader is a library itself: what asks for it by the name that it gives itself gets the one that runs. */
  #takeLoader(program: Loaded): void {
    const { interpreter, machine } = program.linking;
    const path = interpreter ?? commonLoaders.find((name) => this.#tree.resolve(name) !== undefined);
    const real = path === undefined ? undefined : this.#tree.resolve(path);
    const linking = real === undefined ? undefined : this.#linking(real);
    if (interpreter !== undefined) {
      const library = real === undefined ? undefined : { path: this.#placeOf(interpreter), real };
      this.#answers.push({ names: [interpreter], required: true, by: program.path, library });
    }
    this.#rules = rulesOf(this.#tree, path ?? '', linking, machine);
    if (interpreter === undefined || real === undefined || !linking) return;
    const names = new Set([interpreter, basename(interpreter), linking.soname ?? '']);
    this.#loaded.push({
      path: this.#placeOf(interpreter),
      real,
      found: interpreter,
      linking,
      parent: undefined,
      names,
    });
  }

  /** Breadth first; what is opened comes when everything that is linked is there. */
  #loadAll(): void {
    let opened = 0;
    // Both lists become longer on the way.
    for (let linked = 0; opened < this.#loaded.length; opened += 1) {
      for (let object = this.#loaded[linked]; object; object = this.#loaded[linked]) {
        for (const name of object.linking.needed) this.#ask(object, { names: [name], required: true });
        linked += 1;
      }
      const object = this.#loaded[opened] as Loaded;
      for (const request of this.#opens(object.real)) this.#ask(object, request);
    }
  }

  #ask(by: Loaded, request: Request): void {
    let library: Library | undefined;
    for (const name of request.names) {
      if (this.#rules.kind === 'musl' && isMuslItself(name)) return;
      library = this.#loaded.find(({ names }) => names.has(name)) ?? this.#load(name, by);
      if (library) break;
    }
    this.#answers.push({ ...request, by: by.path, library });
  }

  #load(name: string, by: Loaded): Library | undefined {
    for (const found of this.#candidates(name, by)) {
      const real = this.#tree.resolve(found);
      const linking = real === undefined ? undefined : this.#linking(real);
      if (real !== undefined && this.#damaged.has(real)) return { path: this.#placeOf(found), real };
      if (real === undefined || linking?.machine !== by.linking.machine) continue;
      const known = this.#loaded.find((other) => other.real === real);
      const soname = this.#rules.kind === 'glibc' && linking.soname !== undefined ? [linking.soname] : [];
      if (known) known.names.add(name);
      // Each name has its place, also where another one leads to the same file.
      const library = { path: this.#placeOf(found), real };
      if (!known)
        this.#loaded.push({ ...library, found, linking, parent: by, names: new Set([name, ...soname]) });
      return library;
    }
    return undefined;
  }

  /** The paths at which the loader looks for a name, in its order. */
  #candidates(name: string, by: Loaded): readonly string[] {
    if (name.includes('/')) return [expand(name.startsWith('/') ? name : `/${name}`, by, this.#rules)];
    const inDirectories = (directories: readonly string[]) =>
      directories.map((directory) => `${directory}/${name}`);
    const { kind, directories } = this.#rules;
    const own = inDirectories(ownDirectories(by, this.#rules));
    if (kind === 'musl') return [...own, ...inDirectories(directories)];
    const cached = this.#tree.cached(name);
    const named = inDirectories(this.#tree.more);
    if (!by.linking.noDefaults) return [...own, ...cached, ...inDirectories(directories), ...named];
    return [...own, ...[...cached, ...named].filter((path) => !directories.includes(dirname(path)))];
  }

  #placeOf(path: string): string {
    const directory = this.#tree.resolve(dirname(path)) ?? dirname(path);
    return `${directory === '/' ? '' : directory}/${basename(path)}`;
  }
}

/** How one loader looks for libraries. */
interface Rules {
  readonly kind: 'glibc' | 'musl';
  readonly directories: readonly string[];
  /** What stands for $LIB and $PLATFORM. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Loaders for what names none, such as a library. */
const commonLoaders = [
  '/lib64/ld-linux-x86-64.so.2',
  '/lib/ld-linux-aarch64.so.1',
  '/lib/ld-linux.so.2',
  '/lib/ld-linux-armhf.so.3',
  '/lib/ld-musl-x86_64.so.1',
  '/lib/ld-musl-aarch64.so.1',
];

/** Names of processors by the numbers that ELF has for them. */
const processors: Readonly<Record<string, string>> = {
  '64:62': 'x86_64',
  '64:183': 'aarch64',
  '32:3': 'i686',
};

function rulesOf(tree: Tree, path: string, loader: Linking | undefined, machine: string): Rules {
  const [, musl] = /^ld-musl-(.+)\.so\.1$/.exec(basename(path)) ?? [];
  if (musl !== undefined) {
    const prefix = dirname(dirname(path));
    const pathFile = tree.text(`${prefix === '/' ? '' : prefix}/etc/ld-musl-${musl}.path`);
    return { kind: 'musl', directories: muslDirectories(pathFile), variables: {} };
  }
  const processor = processors[machine] ?? '';
  const triplet = `${processor}-linux-gnu`;
  const usual = [`/lib/${triplet}`, `/usr/lib/${triplet}`, '/lib64', '/usr/lib64', '/lib', '/usr/lib'];
  const directories = loader?.defaults.length ? loader.defaults : usual;
  return {
    kind: 'glibc',
    directories,
    variables: { LIB: (directories[0] ?? '').replace(/^\/(usr\/)?/, ''), PLATFORM: processor },
  };
}

/** DT_RUNPATH is for what an object needs itself, DT_RPATH also for what its libraries need; for musl both are that. */
function ownDirectories(by: Loaded, rules: Rules): readonly string[] {
  const directories: string[] = [];
  if (rules.kind === 'musl' || by.linking.runpath.length === 0)
    for (let object: Loaded | undefined = by; object; object = object.parent) {
      const { rpath, runpath } = object.linking;
      const its = rules.kind === 'musl' ? [...rpath, ...runpath] : rpath;
      for (const directory of its) directories.push(expand(directory, object, rules));
    }
  if (rules.kind === 'glibc')
    for (const directory of by.linking.runpath) directories.push(expand(directory, by, rules));
  return directories.filter((directory) => directory.startsWith('/'));
}

/** Fills in $ORIGIN, the directory of the file that has the path, $LIB and $PLATFORM. */
function expand(text: string, { found }: Loaded, { variables }: Rules): string {
  const values: Readonly<Record<string, string>> = { ORIGIN: dirname(found), ...variables };
  return text.replace(/\$(?:\{(\w+)\}|(ORIGIN|LIB|PLATFORM))/g, (whole, braced, plain) => {
    const value = values[braced ?? plain];
    return value ?? whole;
  });
}

/** musl is one file under many names, and never loads itself again. */
function isMuslItself(name: string): boolean {
  return /^lib(c|pthread|rt|m|dl|util|xnet)\./.test(name);
}
