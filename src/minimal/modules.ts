/** The modules of the minimal initrd: which files, in which order, decompressed. */
import { closeSync, copyFileSync, mkdirSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalModuleName } from '../plan/boot-plan.ts';
import type { ModuleNeed } from '../plan/need.ts';
import type { Kernel } from '../sysroot/kernel.ts';
import { loadOrder } from '../sysroot/load-order.ts';
import { type ModuleSource, sourceOfModule } from '../sysroot/loaded-modules.ts';
import { moduleNameOfPath } from '../sysroot/module-tables.ts';
import { decompressArgs } from '../tools/archive.ts';
import { run } from '../tools/run.ts';

export interface LoadedModule extends ModuleSource {
  /** Whether the boot stops if it does not load. */
  readonly required: boolean;
  readonly parameters: readonly string[];
}

/**
 * All modules that `needs` take, each after those it depends on. Soft dependencies come along, but only hard
 * ones of a required module are required. Built-in and absent ones are left out: the checks tell of those.
 */
export function resolveModules(needs: readonly ModuleNeed[], kernel: Kernel): readonly LoadedModule[] {
  const present = needs
    .map((need) => ({ ...need, name: canonicalModuleName(need.name) }))
    .filter(({ name }) => kernel.modules.has(name));
  const names = new Set(present.flatMap(({ name }) => loadOrder(name, kernel)));
  const required = new Set(
    present.filter(({ optional }) => !optional).flatMap(({ name }) => [...hardClosure(name, kernel)]),
  );
  const parameters = new Map(present.map((need) => [need.name, need.parameters ?? []] as const));
  return [...names].map((name) => ({
    ...sourceOfModule(name, kernel),
    required: required.has(name),
    parameters: parameters.get(name) ?? [],
  }));
}

/** Names of a module and of all that modules.dep names for it, for those too. */
function hardClosure(name: string, kernel: Kernel): ReadonlySet<string> {
  const names = new Set([name]);
  // A set gives what is added while it is read, too.
  for (const module of names)
    for (const path of kernel.modules.get(module)?.dependencies ?? []) names.add(moduleNameOfPath(path));
  return names;
}

/** The compressions of module files (modprobe(8) knows these), by how such a file begins. */
const compressions = [
  ['fd377a585a00', 'xz'],
  ['28b52ffd', 'zstd'],
  ['1f8b', 'gzip'],
] as const;

/** Writes modules decompressed into `directory` (compressed twice they are larger and load slower). */
export async function unpackModules(modules: readonly ModuleSource[], directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const sources = new Map(modules.map(({ file, source }) => [file, source]));
  await Promise.all([...sources].map(([file, source]) => unpackModule(source, join(directory, file))));
}

async function unpackModule(source: string, target: string): Promise<void> {
  const head = firstBytes(source, 6).toString('hex');
  const compression = compressions.find(([magic]) => head.startsWith(magic))?.[1];
  if (compression) await run(decompressArgs(compression), { inputFile: source, outputFile: target });
  else copyFileSync(source, target);
}

function firstBytes(file: string, count: number): Buffer {
  const bytes = Buffer.alloc(count);
  const descriptor = openSync(file, 'r');
  try {
    return bytes.subarray(0, readSync(descriptor, bytes));
  } finally {
    closeSync(descriptor);
  }
}

/** /modules/order of the minimal initrd: `required FILE` or `optional FILE` and parameters, in load order. */
export function formatLoadOrder(modules: readonly LoadedModule[]): string {
  return modules
    .map(({ file, required, parameters }) =>
      [required ? 'required' : 'optional', file, ...parameters].join(' ').concat('\n'),
    )
    .join('');
}
