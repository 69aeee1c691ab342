/** Processor microcode as entries of the early cpio. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
  type MicrocodeFile,
  type MicrocodeVendor,
  microcodeFiles,
  microcodeVendors,
} from '../sysroot/microcode.ts';
import { decompressArgs } from '../tools/archive.ts';
import { run } from '../tools/run.ts';
import { type Entry, fileEntry } from './entries.ts';

/**
 * The entries of the early cpio: for each vendor all its files, one behind the other and not compressed, made in `work`. No
 * directories: the kernel looks names up, and does not unpack these again into memory. Throws ToolError.
 */
export async function microcodeEntries(
  wanted: readonly MicrocodeVendor[],
  sysroot: string,
  work: string,
): Promise<readonly Entry[]> {
  mkdirSync(work, { recursive: true });
  return Promise.all(
    wanted.map(async (vendor): Promise<Entry> => {
      const { target } = microcodeVendors[vendor];
      const source = join(work, target);
      const directory = join(work, vendor);
      mkdirSync(directory, { recursive: true });
      const files = microcodeFiles(vendor, sysroot);
      const unpacked = await Promise.all(files.map((microcode) => unpack(microcode, directory)));
      writeFileSync(source, Buffer.concat(unpacked.map((file) => readFileSync(file))));
      const path = `/kernel/x86/microcode/${target}`;
      const madeFrom = files.map(({ file }) => file);
      return fileEntry(path, source, 0o644, 'microcode', madeFrom);
    }),
  );
}

async function unpack({ file, compression }: MicrocodeFile, directory: string): Promise<string> {
  if (compression === 'none') return file;
  const unpacked = join(directory, basename(file));
  await run(decompressArgs(compression), { inputFile: file, outputFile: unpacked });
  return unpacked;
}
