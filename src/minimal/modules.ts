/** The modules of the minimal initrd: which files, in which order, decompressed. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { canonicalModuleName } from '../plan/boot-plan.ts';
import type { ModuleNeed } from '../plan/need.ts';
import type { Kernel } from '../sysroot/kernel.ts';
import { decompressArgs } from '../tools/archive.ts';
import { showDependsArgs } from '../tools/modprobe.ts';
import { run } from '../tools/run.ts';

export interface LoadedModule {
  /** The module's file in the sysroot, compressed or not. */
  readonly source: string;
  /** Its name in the minimal initrd: NAME.ko. */
  readonly file: string;
  /** Whether the boot stops if it does not load. */
  readonly required: boolean;
  readonly parameters: readonly string[];
}

/**
 * All modules that `needs` take, each after those it depends on. Soft dependencies come along, but only hard
 * ones of a required module are required. Built-in and absent ones are left out: the checks tell of those.
 */
export async function resolveModules(
  needs: readonly ModuleNeed[],
  sysroot: string,
  kernel: Kernel,
): Promise<readonly LoadedModule[]> {
  const present = needs.filter(({ name }) => kernel.modules.has(canonicalModuleName(name)));
  const outputs = await Promise.all(
    present.map(({ name }) => run(showDependsArgs(sysroot, kernel.version, name))),
  );
  const sources = [...new Set(outputs.flatMap(readInsmodLines))];
  const required = new Set(
    present.filter(({ optional }) => !optional).flatMap(({ name }) => hardClosure(name, kernel)),
  );
  const parameters = new Map(
    present.map((need) => [canonicalModuleName(need.name), need.parameters ?? []] as const),
  );
  return sources.map((source) => {
    const file = moduleFileName(basename(source));
    return {
      source,
      file,
      required: required.has(basename(source)),
      parameters: parameters.get(canonicalModuleName(basename(file, '.ko'))) ?? [],
    };
  });
}

/** A module's file in the minimal initrd, where none is compressed. */
export function moduleFileName(name: string): string {
  return name.replace(/\.ko\.\w+$/, '.ko');
}

/** The files that modprobe would load, in its order. */
export function readInsmodLines(output: string): readonly string[] {
  return output.split('\n').flatMap((line) => /^insmod (.+?\.ko(?:\.\w+)?)(?: |$)/.exec(line)?.[1] ?? []);
}

/** File names of a module and of all that modules.dep names for it. */
function hardClosure(name: string, kernel: Kernel): readonly string[] {
  const module = kernel.modules.get(canonicalModuleName(name));
  return module ? [module.path, ...module.dependencies].map((path) => basename(path)) : [];
}

const compressionOfSuffix = { '.xz': 'xz', '.zst': 'zstd', '.gz': 'gzip' } as const;

/** Writes modules decompressed into `directory` (compressed twice they are larger and load slower). */
export async function unpackModules(sources: readonly string[], directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  await Promise.all(
    sources.map((source) => unpackModule(source, join(directory, moduleFileName(basename(source))))),
  );
}

async function unpackModule(source: string, target: string): Promise<void> {
  const suffix = /\.ko(\.\w+)$/.exec(source)?.[1] as keyof typeof compressionOfSuffix | undefined;
  const compression = suffix && compressionOfSuffix[suffix];
  if (compression) await run(decompressArgs(compression), { inputFile: source, outputFile: target });
  else copyFileSync(source, target);
}

/** /modules/order of the minimal initrd: `required FILE` or `optional FILE` and parameters, in load order. */
export function formatLoadOrder(modules: readonly LoadedModule[]): string {
  return modules
    .map(({ file, required, parameters }) =>
      [required ? 'required' : 'optional', file, ...parameters].join(' ').concat('\n'),
    )
    .join('');
}
