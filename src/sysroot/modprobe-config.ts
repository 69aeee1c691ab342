/** What modprobe.d(5) and the tables of that syntax say of modules: other names, and what they work better with. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalModuleName } from '../plan/boot-plan.ts';
import { readLines } from './module-tables.ts';
import { fileInSysroot } from './paths.ts';
import { patternToRegExp } from './patterns.ts';

/** Names of modules, or names that several go by. */
export interface SoftDependencies {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

export interface ModprobeConfig {
  /** By canonical name, or a pattern of such names. Several may be of one module: modprobe heeds the first, we all. */
  readonly softDependencies: readonly (readonly [string, SoftDependencies])[];
  /** Modules by another name; none where the configuration forbids to load one for it. */
  readonly aliases: ReadonlyMap<string, readonly string[]>;
}

/** Where modprobe(8) looks for NAME.conf: one further up hides those of its name below. */
const directories = ['etc', 'run', 'usr/local/lib', 'usr/lib', 'lib'].map((place) => `/${place}/modprobe.d`);

/** Reads the sysroot's configuration and the tables beside the modules in `tree`; install, options and blacklist are not heeded. */
export function readModprobeConfig(sysroot: string, tree: string): ModprobeConfig {
  const tables = ['modules.softdep', 'modules.weakdep'].map((name) => join(tree, name));
  const lines = [...configurationFiles(sysroot), ...tables].flatMap(readWords);
  const aliases = new Map<string, readonly string[]>();
  for (const [word, name = '', module = ''] of lines) {
    if (word !== 'alias') continue;
    const modules = module === 'off' ? [] : [canonicalModuleName(module)];
    const key = canonicalModuleName(name);
    aliases.set(key, [...(aliases.get(key) ?? []), ...modules]);
  }
  return {
    aliases,
    softDependencies: lines.flatMap(([word, name = '', ...others]) =>
      word === 'softdep' || word === 'weakdep'
        ? [[canonicalModuleName(name), splitOthers(others)] as const]
        : [],
    ),
  };
}

/** What a module works better with, by the configuration. */
export function softDependenciesOf(name: string, { softDependencies }: ModprobeConfig): SoftDependencies {
  const own = softDependencies
    .filter(([pattern]) => pattern === name || (/[*?[]/.test(pattern) && patternToRegExp(pattern).test(name)))
    .map(([, dependencies]) => dependencies);
  return {
    before: [...new Set(own.flatMap(({ before }) => before))],
    after: [...new Set(own.flatMap(({ after }) => after))],
  };
}

function configurationFiles(sysroot: string): readonly string[] {
  const files = new Map<string, string>();
  for (const directory of directories) {
    const real = fileInSysroot(sysroot, directory);
    const names = real !== undefined && existsSync(real) ? readdirSync(real) : [];
    for (const name of names) {
      const file = fileInSysroot(sysroot, `${directory}/${name}`);
      if (name.endsWith('.conf') && !files.has(name)) files.set(name, file ?? '/dev/null');
    }
  }
  return [...files].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, file]) => file);
}

/** The words of each line; one that ends with \ goes on in the next. */
function readWords(file: string): readonly (readonly string[])[] {
  const lines = readLines(file).join('\n').replaceAll('\\\n', ' ').split('\n');
  return lines.map((line) => line.trim().split(/\s+/)).filter(([word = '']) => !/^(#|$)/.test(word));
}

/**
 * `pre: A B post: C`. What has neither in front comes before the module too: modules that say so ask the kernel for it while
 * they start, as those of a weakdep do, and stage 1 has no modprobe that the kernel could call then.
 */
function splitOthers(words: readonly string[]): SoftDependencies {
  const split = words.indexOf('post:') < 0 ? words.length : words.indexOf('post:');
  const back = words.indexOf('pre:', split);
  const after = words.slice(split, back < 0 ? undefined : back);
  const before = [...words.slice(0, split), ...(back < 0 ? [] : words.slice(back))];
  const names = (list: readonly string[]) => list.filter((word) => word !== '' && !word.endsWith(':'));
  return { before: names(before), after: names(after) };
}
