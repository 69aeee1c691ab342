/**
 * What an image of a full initrd needs from stage 1, written behind its file system: one sector of zeros whose last 64
 * bytes are text that stage 1 reads with `tail -c 64` before it mounts anything.
 */
import { appendFileSync, closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type ImageKind, imageMark } from '../config/image-format.ts';

export interface ImageMark {
  /** Counts up when stage 1 must do something else with images. */
  readonly format: string;
  readonly kind: string;
}

/** The size of the mark in bytes: the smallest unit of a loop device. */
const sector = 512;
const textSize = 64;

/** The sector behind the file system. Same kind, same bytes. */
export function formatMark(kind: ImageKind): Buffer {
  const text = imageMark(kind).padEnd(textSize - 1);
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
