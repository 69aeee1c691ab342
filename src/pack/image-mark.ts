/**
 * What an image of a full initrd needs from stage 1, written behind its file system: one sector of zeros whose last 64
 * bytes are text that stage 1 reads with `tail -c 64` before it mounts anything.
 */
import { appendFileSync, closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Thin } from '../config/image-format.ts';

/** A whole image has all files; of the others stage 1 must show some from /usr. */
export type ImageKind = 'whole' | Thin;

export interface ImageMark {
  /** Counts up when stage 1 must do something else with images. */
  readonly format: string;
  readonly kind: string;
}

/** The format that this release packs and its stage 1 mounts. */
export const markFormat = '1';

/** Bytes: what a loop device has at least. */
const sector = 512;
const textSize = 64;

export function imageKind(thin: Thin | undefined): ImageKind {
  return thin ?? 'whole';
}

/** The sector behind the file system. Same kind, same bytes. */
export function formatMark(kind: ImageKind): Buffer {
  const text = `bootrelay-image ${markFormat} ${kind}`.padEnd(textSize - 1);
  return Buffer.concat([Buffer.alloc(sector - textSize), Buffer.from(`${text}\n`)]);
}

/** Marks an image that has none; its file system ends at a whole sector. */
export function appendMark(image: string, kind: ImageKind): void {
  appendFileSync(image, formatMark(kind));
}

/** The mark at the end of a file; undefined for an image that bootrelay did not pack, or one that is cut off. */
export function readMark(image: string): ImageMark | undefined {
  const text = Buffer.alloc(textSize);
  const descriptor = openSync(image, 'r');
  try {
    const { size } = fstatSync(descriptor);
    readSync(descriptor, text, 0, textSize, Math.max(0, size - textSize));
  } finally {
    closeSync(descriptor);
  }
  const [, format, kind] = /^bootrelay-image ([\w.-]+) ([\w.-]+) *\n$/.exec(text.toString('latin1')) ?? [];
  return format === undefined || kind === undefined ? undefined : { format, kind };
}
