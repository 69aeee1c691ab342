/** What a sysroot's kernel has: modules built in and as files, and its configuration. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalModuleName } from '../plan/boot-plan.ts';
import { builtInByOptions } from './built-in-options.ts';
import { readModprobeConfig, type SoftDependencies, softDependenciesOf } from './modprobe-config.ts';
import { type ModulePlaces, readPlaces } from './module-places.ts';
import {
  type ModuleFile,
  moduleNameOfPath,
  readBuiltInAliases,
  readDependencies,
  readDevices,
  readLines,
  readOtherNames,
} from './module-tables.ts';
import { fileInSysroot, isDirectory } from './paths.ts';
import { patternToRegExp } from './patterns.ts';

export interface Kernel {
  readonly version: string;
  readonly sysroot: string;
  /** usr/lib/modules/VERSION on this machine; for a kernel without modules it need not be there. */
  readonly directory: string;
  /** Names of built-in modules, with - as _. */
  readonly builtin: ReadonlySet<string>;
  /** Module files by name, each with those it depends on. */
  readonly modules: ReadonlyMap<string, ModuleFile>;
  /** Where modules are in the tree, loaded by name or replaced or built in. Read when first needed, as what follows. */
  readonly places: () => ModulePlaces;
  /** modalias patterns of devices by module, from modules.alias. */
  readonly devices: () => ReadonlyMap<string, readonly string[]>;
  /** What a module works better with, by its canonical name (modprobe.d(5), softdep and weakdep). */
  readonly softDependencies: (name: string) => SoftDependencies;
  /** Aliases of what is built in: modalias patterns and other names, from modules.builtin.modinfo. */
  readonly builtInAliases: () => readonly string[];
  /** Modules by another name, such as crypto-sha256: none for what is built in. */
  readonly otherNames: () => ReadonlyMap<string, readonly string[]>;
  /** Option names without CONFIG_ -> y, m or a value; undefined where the sysroot has no configuration. */
  readonly options: ReadonlyMap<string, string> | undefined;
}

/**
 * Reads the kernel's files; undefined where the sysroot has no modules.dep of that version, unless the configuration says that
 * this kernel has no modules.
 */
export function readKernel(sysroot: string, version: string): Kernel | undefined {
  const tree = findTree(sysroot, version);
  const options = readOptions(sysroot, version);
  if (tree === undefined && !isWithoutModules(options)) return undefined;
  const directory = tree ?? join(sysroot, 'usr/lib/modules', version);
  const modules = readDependencies(join(directory, 'modules.dep'));
  const builtInAliases = once(() => readBuiltInAliases(join(directory, 'modules.builtin.modinfo')));
  const config = once(() => readModprobeConfig(sysroot, directory));
  const aliases = join(directory, 'modules.alias');
  return {
    version,
    sysroot,
    directory,
    modules,
    builtin: readBuiltIn(directory, options),
    places: once(() => readPlaces(directory, version, modules)),
    devices: once(() => readDevices(aliases)),
    softDependencies: (name) => softDependenciesOf(name, config()),
    builtInAliases,
    otherNames: once(() => new Map([...readOtherNames(aliases, builtInAliases()), ...config().aliases])),
    options,
  };
}

/**
 * The versions of the kernels in a sysroot, sorted: the directories of usr/lib/modules that depmod has been in. Removed kernels leave
 * directories behind; only where no other is there may one be of a kernel without modules.
 */
export function kernelVersions(sysroot: string): readonly string[] {
  const directory = fileInSysroot(sysroot, '/usr/lib/modules') ?? fileInSysroot(sysroot, '/lib/modules');
  if (directory === undefined || !isDirectory(directory)) return [];
  const names = readdirSync(directory)
    .filter((name) => isDirectory(join(directory, name)))
    .sort();
  const complete = names.filter((name) => findTree(sysroot, name) !== undefined);
  return complete.length > 0 ? complete : names;
}

/** Whether the configuration, where there is one, says that the kernel loads no modules. */
export function isWithoutModules(options: Kernel['options']): boolean {
  return options !== undefined && options.size > 0 && options.get('MODULES') !== 'y';
}

/** The modules that a name or alias stands for: none where that is built in, undefined where the name is nowhere. */
export function resolveModuleName(name: string, kernel: Kernel): readonly string[] | undefined {
  const canonical = canonicalModuleName(name);
  if (kernel.modules.has(canonical)) return [canonical];
  const named = kernel.otherNames().get(canonical);
  const present = named?.filter((module) => kernel.modules.has(module)) ?? [];
  if (present.length > 0 || named?.length === 0) return present;
  if (kernel.builtin.has(canonical)) return [];
  if (!name.includes(':')) return undefined;
  const drives = (patterns: readonly string[]) =>
    patterns.some((pattern) => patternToRegExp(canonicalPattern(pattern)).test(canonical));
  const drivers = [...kernel.devices()].filter(([, patterns]) => drives(patterns)).map(([module]) => module);
  return drivers.length > 0 || drives(kernel.builtInAliases()) ? drivers : undefined;
}

/** A pattern with - as _, but for ranges of characters. */
function canonicalPattern(pattern: string): string {
  return pattern.replaceAll(/\[[^\]]*\]|-/g, (piece) => (piece === '-' ? '_' : piece));
}

/** Works it out once. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** The directory with the tables: some systems have a tree of the version in the tree of the version. */
function findTree(sysroot: string, version: string): string | undefined {
  return [version, `${version}/${version}`]
    .flatMap((tree) => [`/usr/lib/modules/${tree}`, `/lib/modules/${tree}`])
    .map((path) => fileInSysroot(sysroot, path))
    .find((directory) => directory !== undefined && existsSync(join(directory, 'modules.dep')));
}

/** What modules.builtin names; without that what the configuration stands for. */
function readBuiltIn(directory: string, options: Kernel['options']): ReadonlySet<string> {
  const named = readLines(join(directory, 'modules.builtin')).map(moduleNameOfPath);
  return new Set(named.length > 0 || !options ? named : builtInByOptions(options));
}

/** Where distributions put the configuration of a kernel. */
const configurations = (version: string) => [
  `/usr/lib/modules/${version}/config`,
  `/lib/modules/${version}/config`,
  `/usr/lib/modules/${version}/${version}/config`,
  `/boot/config-${version}`,
  `/usr/boot/config-${version}`,
];

function readOptions(sysroot: string, version: string): ReadonlyMap<string, string> | undefined {
  const file = configurations(version)
    .map((path) => fileInSysroot(sysroot, path))
    .find((candidate) => candidate !== undefined && existsSync(candidate));
  if (!file) return undefined;
  const entries = readLines(file).flatMap((line) => {
    const match = /^CONFIG_(\w+)=(.*)$/.exec(line);
    return match ? [[match[1] ?? '', match[2] ?? ''] as const] : [];
  });
  return new Map(entries);
}

/** The kernel image of that version in the sysroot, as distributions place it. */
export function findKernelImage(sysroot: string, version: string): string | undefined {
  return [`/usr/lib/modules/${version}/vmlinuz`, `/boot/vmlinuz-${version}`, `/usr/boot/vmlinuz-${version}`]
    .map((path) => fileInSysroot(sysroot, path))
    .find((file) => file !== undefined && existsSync(file));
}
