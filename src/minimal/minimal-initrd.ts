/** The minimal initrd: entries -> mtree -> cpio -> compressed image. No step needs root. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Compression, compressArgs, cpioFromMtreeArgs } from '../tools/archive.ts';
import { run, runPipeline } from '../tools/run.ts';
import { type Entry, formatMtree, rootEntry } from './entries.ts';
import { decompressorMemory } from './unpacking-memory.ts';

export interface PackedInitrd {
  /** The compressed image's file. */
  readonly file: string;
  /** Bytes. */
  readonly size: number;
  readonly uncompressedSize: number;
  /** Bytes that the kernel's decompressor needs. */
  readonly decompressor: number;
}

export interface PackInitrdOptions {
  readonly work: string;
  readonly compression: Compression;
  readonly level: number | undefined;
  readonly architecture: 'x86-64' | 'arm64';
  /** Entries of an uncompressed cpio in front; none for no such cpio. */
  readonly early: readonly Entry[];
}

/** Packs `entries` into `work`/initrd.img. Throws ToolError. */
export async function packMinimalInitrd(
  entries: readonly Entry[],
  options: PackInitrdOptions,
): Promise<PackedInitrd> {
  const { work, early } = options;
  const cpio = await makeCpio([rootEntry, ...entries], join(work, 'initrd'), work);
  const compressed = join(work, 'initrd.compressed');
  const { size: uncompressedSize } = statSync(cpio);
  const compress = compressArgs({ ...options, size: uncompressedSize });
  if (compress) await run(compress, { inputFile: cpio, outputFile: compressed });
  const main = compress ? compressed : cpio;
  const front = early.length > 0 ? await makeCpio(early, join(work, 'early'), work) : undefined;
  const file = join(work, 'initrd.img');
  // A cpio ends at a multiple of 4 bytes: the kernel finds what is behind it.
  const packed = readFileSync(main);
  writeFileSync(file, Buffer.concat([...(front ? [readFileSync(front)] : []), packed]));
  const decompressor = decompressorMemory(options.compression, packed);
  return { file, size: statSync(file).size, uncompressedSize, decompressor };
}

/** An uncompressed cpio of `entries`; gives its file. */
async function makeCpio(entries: readonly Entry[], name: string, cwd: string): Promise<string> {
  const mtree = `${name}.mtree`;
  const output = `${name}.cpio`;
  writeFileSync(mtree, formatMtree(entries, { contents: true }));
  await runPipeline(cpioFromMtreeArgs({ mtree, output }), { cwd });
  return output;
}
