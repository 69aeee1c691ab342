/** The record of what a thin image shares with /usr, beside the image. */
import { readFileSync } from 'node:fs';
import { parseFormat, type ReadJson } from '../json/formats.ts';
import { type SharingRecord, sharingSchema } from '../json/sharing.ts';

/** The record's file, beside the image. */
export function recordFile(image: string): string {
  return `${image}.shared.json`;
}

/** Reads a record, or says why a file is none. */
export function readRecord(file: string): ReadJson<SharingRecord> {
  return parseFormat(readFileSync(file, 'utf8'), 'sharing', sharingSchema);
}
