/** What a sysroot's kernel has: modules built in and as files, and its configuration. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalModuleName } from '../plan/boot-plan.ts';
import { fileInSysroot } from './sysroot.ts';

export interface Kernel {
  readonly version: string;
  /** usr/lib/modules/VERSION on this machine. */
  readonly directory: string;
  /** Names of built-in modules, with - as _. */
  readonly builtin: ReadonlySet<string>;
  /** Module files by name, relative to `directory`, each with those it depends on. */
  readonly modules: ReadonlyMap<string, ModuleFile>;
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
  const builtin = readLines(join(directory, 'modules.builtin')).map(moduleNameOfPath);
  return {
    version,
    directory,
    builtin: new Set(builtin),
    modules: new Map(readLines(join(directory, 'modules.dep')).map(readDependencies)),
    options: readOptions([join(directory, 'config'), join(sysroot, `boot/config-${version}`)]),
  };
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
