/** Directories of firmware, in which files may be compressed (CONFIG_FW_LOADER_COMPRESS). */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { FailedToolError } from '../errors.ts';
import { testArgs } from '../tools/archive.ts';
import { run } from '../tools/run.ts';
import { fileInSysroot, placeInSysroot } from './paths.ts';

/** In the order in which the kernel looks for them: the names of files end so. */
export const fileCompressions = ['none', 'zstd', 'xz'] as const;
export type FileCompression = (typeof fileCompressions)[number];

const suffixes: Readonly<Record<FileCompression, string>> = { none: '', zstd: '.zst', xz: '.xz' };

export interface CompressedFile {
  /** The name without what tells the compression. */
  readonly base: string;
  /** Its path in the sysroot. */
  readonly path: string;
}

/** The regular files of a directory of the sysroot that are compressed so and whose names match, in order; links to files too. */
export function filesIn(
  sysroot: string,
  directory: string,
  compression: FileCompression,
  pattern: RegExp,
): readonly CompressedFile[] {
  const place = placeInSysroot(sysroot, directory);
  const real = place === undefined ? undefined : fileInSysroot(sysroot, place);
  if (place === undefined || real === undefined || !existsSync(real) || !statSync(real).isDirectory())
    return [];
  const suffix = suffixes[compression];
  return readdirSync(real)
    .filter((name) => name.endsWith(suffix) && (compression !== 'none' || !/\.(zst|xz)$/.test(name)))
    .sort()
    .map((name) => ({
      base: name.slice(0, name.length - suffix.length),
      path: posix.join(place, name),
    }))
    .filter(({ base, path }) => pattern.test(base) && isFile(fileInSysroot(sysroot, path)));
}

function isFile(file: string | undefined): boolean {
  return file !== undefined && statSync(file).isFile();
}

/** What is wrong with one of the compressed files, all on this machine; undefined where all can be decompressed. Throws ToolError. */
export async function damageOf(
  files: readonly { readonly file: string; readonly compression: FileCompression }[],
): Promise<string | undefined> {
  for (const compression of ['zstd', 'xz'] as const) {
    const its = files.filter((file) => file.compression === compression).map(({ file }) => file);
    if (its.length === 0) continue;
    const words = await run(testArgs(compression, its)).catch(wordsOf);
    if (words !== '') return words;
  }
  return undefined;
}

function wordsOf(error: unknown): string {
  if (!(error instanceof FailedToolError)) throw error;
  return error.words;
}
