/** An existing full initrd -> the image for /usr: cpio -> tree -> tar -> image. Nothing is unpacked on disk, and it needs no root. */
import { chmodSync, realpathSync, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import type { ImageFormat, Thin } from '../config/image-format.ts';
import { InitrdError } from '../errors.ts';
import { decompressSegment, largestInitrd } from '../initrd/decompress.ts';
import { appendMark } from '../initrd/image-mark.ts';
import { type Input, withInput } from '../initrd/newc.ts';
import { archiveMode } from '../initrd/public.ts';
import { findSegments, type Segment } from '../initrd/segments.ts';
import { readTree, type TreeEntry } from '../initrd/tree.ts';
import { filesWithAttributes } from '../tools/attributes.ts';
import { imageFromTarArgs } from '../tools/images.ts';
import { toolsTreeVariable } from '../tools/programs.ts';
import { requireVersion, run } from '../tools/run.ts';
import { type Sharing, shareWithUsr } from './share.ts';
import { tarOfTree } from './tar.ts';

export interface PackOptions {
  readonly initrd: string;
  readonly format: ImageFormat;
  /** Share files with this directory, which becomes /usr. */
  readonly thin?: { readonly kind: Thin; readonly usr: string } | undefined;
  /** Bytes that the initrd may have, compressed and decompressed; by default 4 GiB, the most that a file in a cpio can have. */
  readonly sizeLimit?: number | undefined;
  /** Makes another tree of that of the initrd; by default it stays as it is. */
  readonly change?: ((tree: readonly TreeEntry[]) => readonly TreeEntry[]) | undefined;
  /** The image's file; must not exist. While it is made everybody may read it who can reach it. */
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
  readonly files: readonly PackedFile[];
}

/** A regular file of the full initrd, and whether the image has data for it. */
export interface PackedFile {
  readonly path: string;
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sharing: Sharing;
}

/** Directories of the full initrd that stage 1 mounts something on. */
const mountPoints = ['dev', 'proc', 'run', 'sys', 'sysusr', 'sysusr/usr'];

/** Packs the image. Throws InitrdError for a file that is no initrd, ToolError. */
export async function packFullInitrd(options: PackOptions): Promise<Packed> {
  const limit = options.sizeLimit ?? largestInitrd;
  if (statSync(options.initrd).size > limit)
    throw new InitrdError(`${options.initrd} has more than ${limit} bytes: it is no initrd`);
  const segments = await findSegments(options.initrd);
  const early = segments.filter((segment) => segment.early);
  const main = onlyMain(options.initrd, segments);
  const archive = await decompress(options, main);
  if (options.format.fileSystem === 'erofs') {
    const remedy = `name a newer distribution's tree in ${toolsTreeVariable}, or set FullInitrd.FileSystem=squashfs`;
    await requireVersion('mkfs.erofs', options.format.compressor === 'zstd' ? '1.8' : '1.7', remedy);
  }
  const withAttributes =
    options.thin?.kind === 'links'
      ? await filesWithAttributes(realpathSync(options.thin.usr))
      : new Set<string>();
  const files = await withInput(archive.file, (input) =>
    writeImage(input, archive.start, withAttributes, options),
  );
  return {
    initrdSize: statSync(options.initrd).size,
    earlySize: early.reduce((sum, { start, end }) => sum + end - start, 0),
    imageSize: statSync(options.output).size,
    compression: main.compression,
    files,
  };
}

async function writeImage(
  archive: Input,
  start: number,
  withAttributes: ReadonlySet<string>,
  { initrd, thin, format, output, change = (tree) => tree }: PackOptions,
): Promise<readonly PackedFile[]> {
  const tree = change(readTree(archive, start, mountPoints));
  const sharing = thin
    ? shareWithUsr(tree, { archive, usr: thin.usr, thin: thin.kind, withAttributes })
    : new Map<string, Sharing>();
  const tar = tarOfTree({ archive, tree, sharing, thin: thin?.kind ?? 'overlay' });
  await run(imageFromTarArgs(format, output, thin?.kind === 'overlay'), { inputStream: Readable.from(tar) });
  appendMark(output, thin?.kind ?? 'whole');
  // Whoever may not read the full initrd must not be able to read its image.
  chmodSync(output, archiveMode([...tree, { path: 'initrd', type: 'file', mode: statSync(initrd).mode }]));
  return tree.flatMap((entry) => packedFile(entry, sharing));
}

function packedFile(entry: TreeEntry, sharing: ReadonlyMap<string, Sharing>): readonly PackedFile[] {
  if (entry.type !== 'file') return [];
  const { path, mode, uid, gid, start, end } = entry;
  const own: Sharing = { shared: false, why: 'the image has all files' };
  return [{ path, size: end - start, mode, uid, gid, sharing: sharing.get(path) ?? own }];
}

interface Archive {
  readonly file: string;
  readonly start: number;
}

/**
 * The cpio of a segment. A compressed one may hold several archives, which the kernel would unpack one after the
 * other: it is decompressed into one file and looked at.
 */
async function decompress({ initrd, work, sizeLimit }: PackOptions, main: Segment): Promise<Archive> {
  if (main.compression === 'none') return { file: initrd, start: main.start };
  const file = await decompressSegment(initrd, main, work, sizeLimit);
  const inner = onlyMain(`${initrd}, decompressed,`, await findSegments(file));
  return { file, start: inner.start };
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
