/** The tables of a kernel's modules as text (modules.dep(5), depmod(8)): the .bin files beside them say the same. */
import { existsSync, readFileSync } from 'node:fs';
import { canonicalModuleName } from '../plan/boot-plan.ts';

export interface ModuleFile {
  /** Below the kernel's directory, or from the root of the sysroot where it begins with /. */
  readonly path: string;
  /** Paths of the modules that it needs, directly or not; the last one is loaded first. */
  readonly dependencies: readonly string[];
}

/** Lines of a file that are not empty; none where there is no file. */
export function readLines(file: string): readonly string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
}

/** The name of a module by its file. */
export function moduleNameOfPath(path: string): string {
  return canonicalModuleName(path.replace(/^.*\//, '').replace(/\.ko(\.\w+)?$/, ''));
}

/** Where depmod.d(5) looks first, of two modules with one name: some depmod list both. */
const searchOrder = [/^updates\//, /^extra\//, /^kernel\//];

/** The modules of a modules.dep by name. */
export function readDependencies(file: string): ReadonlyMap<string, ModuleFile> {
  const rank = (path: string) => {
    const place = searchOrder.findIndex((pattern) => pattern.test(path));
    return place < 0 ? searchOrder.length : place;
  };
  const modules = new Map<string, ModuleFile>();
  for (const line of readLines(file)) {
    const [path = '', rest = ''] = line.split(':');
    const name = moduleNameOfPath(path);
    const known = modules.get(name);
    if (known && rank(known.path) <= rank(path)) continue;
    modules.set(name, { path, dependencies: rest.trim().split(/\s+/).filter(Boolean) });
  }
  return modules;
}

/** Whether a pattern is of SCSI devices that hold no /usr: tapes, CD drives, changers (SPC, peripheral device types). */
export function isOfOtherScsiDevice(pattern: string): boolean {
  return /^scsi:t-0x(?!00|0e|14)/.test(pattern);
}

/** Patterns of devices by module, from a modules.alias. Aliases of file systems, network protocols and the like name no bus. */
export function readDevices(file: string): ReadonlyMap<string, readonly string[]> {
  const aliases = new Map<string, string[]>();
  for (const line of readLines(file)) {
    const [, pattern = '', name] = /^alias (\S*:\S*) (\S+)$/.exec(line) ?? [];
    if (!name || isOfOtherScsiDevice(pattern)) continue;
    const module = canonicalModuleName(name);
    const known = aliases.get(module);
    if (!known) aliases.set(module, [pattern]);
    else if (!known.includes(pattern)) known.push(pattern);
  }
  return aliases;
}

/** Of a modules.builtin.modinfo: NAME.alias=VALUE, each with a NUL behind it. */
export function readBuiltInAliases(file: string): readonly string[] {
  const text = existsSync(file) ? readFileSync(file, 'latin1') : '';
  return [...text.matchAll(/(?<=^|\0)[\w-]+\.alias=([^\0]+)/g)].map(([, alias = '']) => alias);
}

/** Modules by names without a bus, of a modules.alias and of what is built in: none for the latter. */
export function readOtherNames(
  file: string,
  builtIn: readonly string[],
): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>();
  for (const line of readLines(file)) {
    const [, name = '', module = ''] = /^alias ([^\s:]+) (\S+)$/.exec(line) ?? [];
    if (!name) continue;
    const known = names.get(canonicalModuleName(name));
    if (known) known.push(canonicalModuleName(module));
    else names.set(canonicalModuleName(name), [canonicalModuleName(module)]);
  }
  for (const name of builtIn.filter((alias) => !alias.includes(':')).map(canonicalModuleName))
    if (!names.has(name)) names.set(name, []);
  return names;
}
