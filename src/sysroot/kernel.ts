/** What a sysroot's kernel has: modules built in and as files, and its configuration. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalModuleName } from '../plan/boot-plan.ts';
import { fileInSysroot } from './paths.ts';

export interface Kernel {
  readonly version: string;
  /** usr/lib/modules/VERSION on this machine. */
  readonly directory: string;
  /** Names of built-in modules, with - as _. */
  readonly builtin: ReadonlySet<string>;
  /** Module files by name, relative to `directory`, each with those it depends on. */
  readonly modules: ReadonlyMap<string, ModuleFile>;
  /** modalias patterns of devices by module, from modules.alias. Read when first asked for. */
  readonly devices: () => ReadonlyMap<string, readonly string[]>;
  /** What each module works better with, by canonical name (modprobe.d(5), softdep): names of modules, or what several go by. */
  readonly softDependencies: () => ReadonlyMap<string, readonly string[]>;
  /** Aliases of what is built in: modalias patterns and other names, from modules.builtin.modinfo. Read when first asked for. */
  readonly builtInAliases: () => readonly string[];
  /** Modules by another name, such as crypto-sha256: none for what is built in. Read when first asked for. */
  readonly otherNames: () => ReadonlyMap<string, readonly string[]>;
  /** Option names without CONFIG_ -> y, m or a value; undefined where the sysroot has no configuration. */
  readonly options: ReadonlyMap<string, string> | undefined;
}

export interface ModuleFile {
  readonly path: string;
  /** Paths of all modules that it needs, directly or not. */
  readonly dependencies: readonly string[];
}

/** The name of a module by its file. */
export function moduleNameOfPath(path: string): string {
  return canonicalModuleName(path.replace(/^.*\//, '').replace(/\.ko(\.\w+)?$/, ''));
}

/** Reads the kernel's files (modules.dep(5)); undefined where the sysroot has no modules of that version. */
export function readKernel(sysroot: string, version: string): Kernel | undefined {
  const directory =
    fileInSysroot(sysroot, `/usr/lib/modules/${version}`) ??
    fileInSysroot(sysroot, `/lib/modules/${version}`);
  if (directory === undefined || !existsSync(join(directory, 'modules.dep'))) return undefined;
  const builtInAliases = once(() => readBuiltInAliases(join(directory, 'modules.builtin.modinfo')));
  const builtin = readLines(join(directory, 'modules.builtin')).map(moduleNameOfPath);
  return {
    version,
    directory,
    builtin: new Set(builtin),
    modules: new Map(readLines(join(directory, 'modules.dep')).map(readDependencies)),
    devices: once(() => readDevices(join(directory, 'modules.alias'))),
    softDependencies: once(() => readSoftDependencies(join(directory, 'modules.softdep'))),
    builtInAliases,
    otherNames: once(() => readOtherNames(join(directory, 'modules.alias'), builtInAliases())),
    options: readOptions([join(directory, 'config'), join(sysroot, `boot/config-${version}`)]),
  };
}

/** Works it out once. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** SCSI devices that hold no /usr: tapes, CD drives, changers (SPC, peripheral device types). */
const otherScsiDevices = /^scsi:t-0x(?!00|0e|14)/;

/** Patterns of devices by module, from a modules.alias. Aliases of file systems, network protocols and the like name no bus. */
function readDevices(file: string): ReadonlyMap<string, readonly string[]> {
  const aliases = new Map<string, string[]>();
  for (const line of readLines(file)) {
    const [, pattern, module] = /^alias (\S*:\S*) (\S+)$/.exec(line) ?? [];
    if (pattern && module && !otherScsiDevices.test(pattern))
      aliases.set(module, [...(aliases.get(module) ?? []), pattern]);
  }
  return aliases;
}

/** A module may have several lines: `softdep NAME pre: A B`, `softdep NAME C`. */
function readSoftDependencies(file: string): ReadonlyMap<string, readonly string[]> {
  const dependencies = new Map<string, string[]>();
  for (const line of readLines(file)) {
    const [word, name = '', ...rest] = line.split(/\s+/);
    if (word !== 'softdep') continue;
    const others = rest.filter((other) => other !== '' && !other.endsWith(':'));
    const key = canonicalModuleName(name);
    dependencies.set(key, [...(dependencies.get(key) ?? []), ...others]);
  }
  return dependencies;
}

/** NAME.KEY=VALUE, each with a NUL behind it. */
function readBuiltInAliases(file: string): readonly string[] {
  const text = existsSync(file) ? readFileSync(file, 'latin1') : '';
  return [...text.matchAll(/(?<=^|\0)[\w-]+\.alias=([^\0]+)/g)].map(([, alias = '']) => alias);
}

/** Of a modules.alias, and of what is built in: names without a bus. */
function readOtherNames(file: string, builtIn: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>();
  for (const line of readLines(file)) {
    const [, name = '', module = ''] = /^alias ([\w-]+) (\S+)$/.exec(line) ?? [];
    if (!name) continue;
    const known = names.get(canonicalModuleName(name));
    if (known) known.push(module);
    else names.set(canonicalModuleName(name), [module]);
  }
  for (const name of builtIn.filter((alias) => !alias.includes(':')).map(canonicalModuleName))
    if (!names.has(name)) names.set(name, []);
  return names;
}

function readLines(file: string): readonly string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
}

function readDependencies(line: string): readonly [string, ModuleFile] {
  const [path = '', rest = ''] = line.split(':');
  return [moduleNameOfPath(path), { path, dependencies: rest.trim().split(' ').filter(Boolean) }];
}

function readOptions(candidates: readonly string[]): ReadonlyMap<string, string> | undefined {
  const file = candidates.find((candidate) => existsSync(candidate));
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
