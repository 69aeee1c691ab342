/** What modules say of themselves: their kernel, and firmware, which a sysroot has or not. */
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { FailedToolError } from '../errors.ts';
import { showModulesArgs } from '../tools/modinfo.ts';
import { run } from '../tools/run.ts';
import { type FileCompression, fileCompressions, filesIn } from './firmware-directory.ts';
import { mergeUsr } from './paths.ts';
import { patternToRegExp } from './patterns.ts';

/** What a module says of itself. */
export interface ModuleInfo {
  /** Names or patterns of firmware files that it may ask for. */
  readonly firmware: readonly string[];
  /** The kernel that it was built for; its first word is the version. */
  readonly vermagic: string | undefined;
}

/** By file, from modinfo(8), which need not know gzip: those are read here. Throws ToolError. */
export async function readModules(files: readonly string[]): Promise<ReadonlyMap<string, ModuleInfo>> {
  const gzipped = files.filter((file) => file.endsWith('.gz'));
  const others = files.filter((file) => !file.endsWith('.gz'));
  const output = others.length > 0 ? await run(showModulesArgs(others)) : '';
  const modules = output.split(/^(?=filename: )/m).flatMap((text) => {
    const file = /^filename: +(.*)$/m.exec(text)?.[1];
    if (file === undefined) return [];
    const firmware = [...text.matchAll(/^firmware: +(.*)$/gm)].map(([, name = '']) => name);
    const vermagic = /^vermagic: +(\S+)/m.exec(text)?.[1];
    return [[file, { firmware, vermagic }] as const];
  });
  return new Map([...modules, ...gzipped.map((file) => [file, readGzippedModule(file)] as const)]);
}

function gunzip(file: string): Buffer {
  try {
    return gunzipSync(readFileSync(file));
  } catch (error) {
    const words = `${file}: ${error instanceof Error ? error.message : error}`;
    throw new FailedToolError(`a module cannot be decompressed: ${words}`, words);
  }
}

/** FIELD=VALUE, each between NULs, in the section .modinfo. */
function readGzippedModule(file: string): ModuleInfo {
  const text = gunzip(file).toString('latin1');
  return {
    firmware: [...text.matchAll(/(?<=\0)firmware=([^\0]*)/g)].map(([, name = '']) => name),
    vermagic: /\0vermagic=([^\0 ]+)/.exec(text)?.[1],
  };
}

/** Where the kernel looks, in its order (Documentation/driver-api/firmware/fw_search_path.rst). */
const directories = (version: string) => [
  `/lib/firmware/updates/${version}`,
  '/lib/firmware/updates',
  `/lib/firmware/${version}`,
  '/lib/firmware',
];

/** A file of firmware: its place in the minimal initrd, where it is not compressed, and where the sysroot has it. */
export interface FirmwareFile {
  readonly path: string;
  readonly from: string;
  readonly compression: FileCompression;
}

/**
 * The files of a sysroot that a name or pattern stands for; none where it has none. Of each name the one that the kernel
 * would take: one that is not compressed before others, and then by the order of the directories.
 */
export function firmwareFiles(sysroot: string, version: string, name: string): readonly FirmwareFile[] {
  const found = new Map<string, FirmwareFile>();
  const pattern = patternToRegExp(posix.basename(name));
  for (const compression of fileCompressions)
    for (const directory of directories(version)) {
      const place = posix.join(directory, posix.dirname(name));
      for (const { base, path } of filesIn(sysroot, place, compression, pattern))
        if (!found.has(base))
          found.set(base, { path: mergeUsr(posix.join(place, base)), from: path, compression });
    }
  return [...found.values()].sort((left, right) => (left.path < right.path ? -1 : 1));
}
