/** The minimal initrd: entries -> mtree -> cpio -> compressed image. No step needs root. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Compression, compressArgs, cpioFromMtreeArgs } from '../tools/archive.ts';
import { run, runPipeline } from '../tools/run.ts';
import { type Entry, formatMtree } from './entries.ts';

export interface PackedInitrd {
  /** The compressed image's file. */
  readonly file: string;
  /** Bytes. */
  readonly size: number;
  readonly uncompressedSize: number;
}

/** Packs `entries` into `work`/initrd.img. Throws ToolError. */
export async function packMinimalInitrd(
  entries: readonly Entry[],
  options: {
    work: string;
    compression: Compression;
    level: number | undefined;
    architecture: 'x86-64' | 'arm64';
  },
): Promise<PackedInitrd> {
  const mtree = join(options.work, 'contents.mtree');
  const cpio = join(options.work, 'initrd.cpio');
  const file = join(options.work, 'initrd.img');
  writeFileSync(mtree, formatMtree(entries, { contents: true }));
  await runPipeline(cpioFromMtreeArgs({ mtree, output: cpio }), { cwd: options.work });
  const compress = compressArgs(options.compression, options.level, options.architecture);
  if (compress) await run(compress, { inputFile: cpio, outputFile: file });
  else writeFileSync(file, readFileSync(cpio));
  return { file, size: statSync(file).size, uncompressedSize: statSync(cpio).size };
}
