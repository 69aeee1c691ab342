/** How the full-initrd image is made: file system, compressor, block size, from settings that may say `auto`. */
import type { PlatformSettings } from './settings.ts';
import { checkingInit } from './usr-units.ts';

/** The compressors of each file system, its own choice first. */
export const compressorsOf = {
  squashfs: ['zstd', 'xz', 'gzip', 'lz4'],
  erofs: ['lz4hc', 'zstd', 'none'],
} as const;

export type Compressor = (typeof compressorsOf)[keyof typeof compressorsOf][number];

export interface ImageFormat {
  readonly fileSystem: keyof typeof compressorsOf;
  readonly compressor: Compressor;
  /** Bytes that are compressed together. */
  readonly blockSize: number;
}

/** mksquashfs' own, and what made the smallest erofs without slowing its boot. */
const defaultBlockSizes = { squashfs: 131_072, erofs: 65_536 } as const;

/** The file system of the image with its compression and block size, `auto` resolved. */
export function imageFormatOf({ FullInitrd }: PlatformSettings): ImageFormat {
  const { FileSystem, Compression, BlockSize } = FullInitrd;
  return {
    fileSystem: FileSystem,
    compressor: Compression === 'auto' ? compressorsOf[FileSystem][0] : Compression,
    blockSize: BlockSize === 'auto' ? defaultBlockSizes[FileSystem] : BlockSize,
  };
}

/** What an image has of the files of /usr: all of it (`whole`), or as Thin= says. */
export type ImageKind = 'whole' | PlatformSettings['FullInitrd']['Thin'];

/** The kind of image that stage 1 of the platform can use. */
export function imageKindOf(settings: PlatformSettings): ImageKind {
  return thinOf(settings) ?? 'whole';
}

/** Counts up where a stage 1 can no longer use the images of the releases before, or they not it. */
export const imageFormatNumber = 1;

/** The words with which the last line of an image begins: for which stage 1 it was packed. */
export function imageMark(kind: ImageKind): string {
  return `bootrelay-image ${imageFormatNumber} ${kind} `;
}

/** How a thin image names a file of /usr: overlayfs reads its data from there, or it is a symbolic link to it. */
export type Thin = PlatformSettings['FullInitrd']['Thin'];

/** The kind of thin image that the platform wants; none where it wants a whole image. */
export function thinOf({ FullInitrd }: PlatformSettings): Thin | undefined {
  return FullInitrd.Source === 'thin' ? FullInitrd.Thin : undefined;
}

/** True where the root of the full initrd is a copy of the image, in memory, and not an overlay above it. */
export function unpacksImage({ FullInitrd }: PlatformSettings): boolean {
  const { Source, Writable, Unpack, Init } = FullInitrd;
  if (Source !== 'image' || !Writable) return false;
  return Unpack === 'auto' ? Init === checkingInit : Unpack === 'yes';
}
