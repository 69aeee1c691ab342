/**
 * What a thin image shares with /usr, as a file beside the image: a reviewer reads it, and a /usr that does not have
 * these files is found before anything boots.
 */
import { readFileSync } from 'node:fs';
import type { Thin } from '../config/image-format.ts';

export interface SharingRecord {
  readonly thin: Thin;
  /** SHA-256 of the image that it belongs to. */
  readonly image: string;
  readonly shared: readonly SharedFile[];
  readonly own: readonly { readonly path: string; readonly size: number; readonly why: string }[];
}

/** A file of a full initrd whose data are in /usr. */
export interface SharedFile {
  /** The path in the full initrd, without the leading /. */
  readonly path: string;
  /** The path below /usr, with a leading /. */
  readonly source: string;
  readonly size: number;
  readonly sha256: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** The record's file, beside the image. */
export function recordFile(image: string): string {
  return `${image}.shared.json`;
}

/** Reads a record; undefined for a file that `pack` has not written. */
export function readRecord(file: string): SharingRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(file, 'utf8'));
    return Array.isArray(record?.shared) ? record : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
