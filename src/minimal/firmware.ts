/** The firmware that modules of the minimal initrd may ask for. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type FirmwareFile, firmwareFiles, readModules } from '../sysroot/firmware.ts';
import type { Kernel } from '../sysroot/kernel.ts';
import { fileInSysroot } from '../sysroot/paths.ts';
import { decompressArgs } from '../tools/archive.ts';
import { run } from '../tools/run.ts';
import { type Entry, fileEntry } from './entries.ts';

export interface FirmwareOptions {
  readonly sysroot: string;
  readonly kernel: Pick<Kernel, 'version'>;
  /** A directory for what is decompressed. */
  readonly work: string;
}

/** What the sysroot has of the firmware that modules, as files of this machine, may ask for; drivers do without most of it. */
export async function firmwareEntries(
  { sysroot, kernel, work }: FirmwareOptions,
  modules: readonly string[],
): Promise<readonly Entry[]> {
  const infos = await readModules(modules);
  const names = [...new Set([...infos.values()].flatMap(({ firmware }) => firmware))].sort();
  const files = new Map(
    names
      .flatMap((name) => firmwareFiles(sysroot, kernel.version, name))
      .map((file) => [file.path, file] as const),
  );
  const directory = join(work, 'firmware');
  mkdirSync(directory, { recursive: true });
  return Promise.all(
    [...files.values()].map((file, index) => takeFile(file, sysroot, join(directory, `${index}`))),
  );
}

/** Not compressed, as modules: twice is larger, and no kernel needs an option for it. */
async function takeFile(file: FirmwareFile, sysroot: string, unpacked: string): Promise<Entry> {
  const { path, from, compression } = file;
  const source = fileInSysroot(sysroot, from) ?? '';
  if (compression === 'none') return fileEntry(path, source, 0o644, 'firmware');
  await run(decompressArgs(compression), { inputFile: source, outputFile: unpacked });
  return fileEntry(path, unpacked, 0o644, 'firmware', [source]);
}
