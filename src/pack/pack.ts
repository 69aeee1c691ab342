/** An existing full initrd -> the image for /usr, streamed: cpio -> tar -> image. No tree is unpacked, no root. */
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Entry } from '../build/entries.ts';
import { formatMtree } from '../build/entries.ts';
import { tarFromCpioArgs } from '../tools/archive.ts';
import { erofsFromTarArgs, sqfstarArgs } from '../tools/images.ts';
import { toolsTreeVariable } from '../tools/programs.ts';
import { requireVersion, run, runPipeline } from '../tools/run.ts';
import { findSegments, InitrdError, type Segment } from './segments.ts';

export interface PackOptions {
  readonly initrd: string;
  readonly fileSystem: 'squashfs' | 'erofs';
  /** Paths that stage 1 mounts on in a full initrd that cannot be written to. */
  readonly mountPoints: readonly string[];
  /** The image's file; must not exist. */
  readonly output: string;
  /** An empty directory for files that are made on the way. */
  readonly work: string;
}

export interface Packed {
  /** Bytes of the initrd, of the skipped early cpio, of the image. */
  readonly initrdSize: number;
  readonly earlySize: number;
  readonly imageSize: number;
  readonly compression: string;
}

/** Where stage 1 mounts below the full initrd's root. */
export const fullInitrdMountPoints = ['/dev', '/proc', '/run', '/sys', '/sysusr', '/sysusr/usr'];

/** Packs the image. Throws InitrdError for a file that is no initrd, ToolError. */
export async function packFullInitrd(options: PackOptions): Promise<Packed> {
  const segments = findSegments(options.initrd);
  const early = segments.filter((segment) => segment.early);
  const main = onlyMain(options.initrd, segments);
  const archive = await decompress(options, main);
  const mtree = join(options.work, 'mount-points.mtree');
  const points = options.mountPoints.map(
    (path): Entry => ({ type: 'dir', path, mode: 0o755, part: 'layout' }),
  );
  writeFileSync(mtree, formatMtree(points, { contents: true }));
  if (options.fileSystem === 'erofs') {
    const remedy = `name a newer distribution's tree in ${toolsTreeVariable}, or set FullInitrd.FileSystem=squashfs`;
    await requireVersion('mkfs.erofs', '1.7', remedy);
  }
  const image =
    options.fileSystem === 'squashfs' ? sqfstarArgs(options.output) : erofsFromTarArgs(options.output);
  await runPipeline([tarFromCpioArgs({ mtree }), image], {
    inputFile: archive.file,
    inputRange: { start: archive.start, end: archive.end },
  });
  return {
    initrdSize: statSync(options.initrd).size,
    earlySize: early.reduce((sum, { start, end }) => sum + end - start, 0),
    imageSize: statSync(options.output).size,
    compression: main.compression,
  };
}

interface Archive {
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

/**
 * The cpio of a segment. A compressed one may hold several archives, which the kernel would unpack one after the
 * other and bsdtar would not: it is decompressed into one file and looked at.
 */
async function decompress({ initrd, work }: PackOptions, main: Segment): Promise<Archive> {
  if (main.compression === 'none') return { file: initrd, start: main.start, end: main.end };
  const file = join(work, 'initrd.cpio');
  await run({ program: 'bsdcat', args: ['-'] }, { inputFile: initrd, inputRange: main, outputFile: file });
  const inner = onlyMain(`${initrd}, decompressed,`, findSegments(file));
  return { file, start: inner.start, end: inner.end };
}

/** The one archive with the full initrd's files. */
function onlyMain(file: string, segments: readonly Segment[]): Segment {
  const [main, second] = segments.filter((segment) => !segment.early);
  if (!main) throw new InitrdError(`${file} has only an early cpio, no full initrd behind it`);
  if (second) {
    throw new InitrdError(
      `${file} has ${segments.length} archives one behind the other; unpack them into one tree and make one initrd of it`,
    );
  }
  return main;
}
