/** An existing full initrd -> the image for /usr: cpio -> tree -> tar -> image. Nothing is unpacked on disk, and it needs no root. */
import { chmodSync, realpathSync, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import { type Hashes, hashesOf } from '../bom/hashes.ts';
import type { ImageFormat, Thin } from '../config/image-format.ts';
import { InitrdError } from '../errors.ts';
import { type Finding, finding } from '../findings.ts';
import { type Archive, type Initrd, withInitrd } from '../initrd/archives.ts';
import { appendMark } from '../initrd/image-mark.ts';
import { lengthOf, readRange } from '../initrd/input.ts';
import { lostEntries } from '../initrd/lost-entries.ts';
import { archiveMode } from '../initrd/public.ts';
import { makeTree } from '../initrd/tree.ts';
import type { TreeEntry } from '../initrd/tree-entry.ts';
import { filesWithAttributes } from '../tools/attributes.ts';
import { imageFromTarArgs } from '../tools/images.ts';
import { toolsTreeVariable } from '../tools/programs.ts';
import { requireVersion, run } from '../tools/run.ts';
import { addTreeOfImage } from './add-hash-tree.ts';
import type { AddedCheck } from './added-check.ts';
import { type Sharing, shareWithUsr } from './share.ts';
import { type StorableEntry, tarOfTree } from './tar.ts';

export interface PackOptions {
  readonly initrd: string;
  readonly format: ImageFormat;
  /** Share files with this directory, which becomes /usr. */
  readonly thin?: { readonly kind: Thin; readonly usr: string } | undefined;
  /** Bytes that the initrd may have, compressed and decompressed; by default 4 GiB, the most that a file in a cpio can have. */
  readonly sizeLimit?: number | undefined;
  /** What takes its place in the tree behind all that the initrd has; by default nothing. */
  readonly add?: ((tree: readonly TreeEntry[]) => Promise<AddedCheck>) | undefined;
  /** Makes another tree of that of the initrd; by default it stays as it is. */
  readonly change?: ((tree: readonly TreeEntry[]) => readonly TreeEntry[]) | undefined;
  /** A hash tree of its own goes behind it: it will not be in a verified /usr. */
  readonly sealed?: boolean;
  /** The image's file; must not exist. While it is made everybody may read it who can reach it. */
  readonly output: string;
  /** An empty directory for files that are made on the way. */
  readonly work: string;
}

export interface Packed {
  /** Bytes of the initrd, of the skipped early archives, of the image. */
  readonly initrdSize: number;
  readonly earlySize: number;
  readonly imageSize: number;
  /** Of its own hash tree, in hexadecimal; undefined where it has none. */
  readonly rootHash: string | undefined;
  /** Of each archive that was packed, in their order; one name for all that are alike. */
  readonly compression: string;
  readonly files: readonly PackedFile[];
  /** Paths of what was added or replaced for the check of /usr. */
  readonly added: readonly string[];
  /** Absolute paths of what is bootrelay's own. */
  readonly own: readonly string[];
  /** What of the initrd is not in the image, or not fit. */
  readonly findings: readonly Finding[];
}

/** A regular file of the full initrd, and whether the image has data for it. */
export interface PackedFile {
  readonly path: string;
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sharing: Sharing;
  readonly hashes: Hashes;
}

/** Directories of the full initrd that stage 1 mounts something on. */
const mountPoints = ['dev', 'proc', 'run', 'sys', 'sysusr', 'sysusr/usr'];

/** Packs the image. Throws InitrdError for a file that is no initrd, ToolError. */
export async function packFullInitrd(options: PackOptions): Promise<Packed> {
  const { initrd, work, sizeLimit } = options;
  return withInitrd(initrd, { work, limit: sizeLimit }, async (read) => {
    const main = read.archives.filter(({ early }) => !early);
    if (main.length === 0)
      throw new InitrdError(`${initrd} has only an early cpio, no full initrd behind it`);
    const own = makeTree(main, mountPoints);
    const added = (await options.add?.(own.entries)) ?? nothingAdded;
    const { entries } = makeTree(
      [...main, { entries: added.entries, trailer: true, early: false }],
      mountPoints,
    );
    const tree = (options.change ?? ((same) => same))(entries);
    const { files, rootHash } = await writeImage(tree.filter(isStorable), options);
    return {
      initrdSize: read.size,
      earlySize: sizeOf(read.archives.filter(({ early }) => early)),
      imageSize: statSync(options.output).size,
      rootHash,
      compression: [...new Set(main.map(({ compression }) => compression))].join(', '),
      files,
      added: added.added,
      own: added.own,
      findings: [...lostEntries(own.lost), ...leftOut(tree, read), ...added.findings],
    };
  });
}

const nothingAdded: AddedCheck = { entries: [], added: [], own: [], findings: [] };

function sizeOf(archives: readonly Archive[]): number {
  return archives.reduce((sum, { start, end }) => sum + end - start, 0);
}

/** A tar has neither sockets nor links that lead to nothing. */
function isStorable(entry: TreeEntry): entry is StorableEntry {
  return entry.type !== 'socket' && !(entry.type === 'symlink' && entry.target.length === 0);
}

function leftOut(tree: readonly TreeEntry[], { texts }: Initrd): readonly Finding[] {
  const entries = tree.filter((entry) => !isStorable(entry));
  const parts = [
    ...entries.map(({ path, type }) =>
      type === 'socket' ? `the socket /${path}` : `the link /${path}, which leads to nothing,`,
    ),
    ...[...texts.keys()].map((name) => `${name}, which is no file,`),
  ];
  return parts.map((part) => finding('initrd-part-left-out', `${part} is not in the image`));
}

async function requireImageTool({ fileSystem, compressor }: ImageFormat): Promise<void> {
  if (fileSystem !== 'erofs') return;
  const remedy = `name a newer distribution's tree in ${toolsTreeVariable}, or set FullInitrd.FileSystem=squashfs`;
  await requireVersion('mkfs.erofs', compressor === 'zstd' ? '1.8' : '1.7', remedy);
}

async function writeImage(
  tree: readonly StorableEntry[],
  { initrd, thin, format, sealed, output }: PackOptions,
): Promise<Pick<Packed, 'files' | 'rootHash'>> {
  await requireImageTool(format);
  const sharing = thin ? await share(tree, thin) : new Map<string, Sharing>();
  const tar = tarOfTree({ tree, sharing, thin: thin?.kind ?? 'overlay' });
  await run(imageFromTarArgs(format, output, thin?.kind === 'overlay'), { inputStream: Readable.from(tar) });
  const rootHash = sealed ? await addTreeOfImage(output) : undefined;
  appendMark(output, thin?.kind ?? 'whole');
  // Whoever may not read the full initrd must not be able to read its image.
  chmodSync(output, archiveMode([...tree, { path: 'initrd', type: 'file', mode: statSync(initrd).mode }]));
  return { files: tree.flatMap((entry) => packedFile(entry, sharing)), rootHash };
}

async function share(
  tree: readonly TreeEntry[],
  { kind, usr }: NonNullable<PackOptions['thin']>,
): Promise<ReadonlyMap<string, Sharing>> {
  const withAttributes = kind === 'links' ? await filesWithAttributes(realpathSync(usr)) : new Set<string>();
  return shareWithUsr(tree, { usr, thin: kind, withAttributes });
}

function packedFile(entry: TreeEntry, sharing: ReadonlyMap<string, Sharing>): readonly PackedFile[] {
  if (entry.type !== 'file') return [];
  const { path, mode, uid, gid, data } = entry;
  const own: Sharing = { shared: false, why: 'the image has all files' };
  const hashes = hashesOf(readRange(data));
  return [{ path, size: lengthOf(data), mode, uid, gid, sharing: sharing.get(path) ?? own, hashes }];
}
