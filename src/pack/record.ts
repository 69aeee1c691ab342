/**
 * What a thin image shares with /usr, as a file beside the image: a reviewer reads it, and a /usr that does not have
 * these files is found before anything boots.
 */
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Finding, finding } from '../findings.ts';
import type { PackedFile } from './pack.ts';
import type { Thin } from './share.ts';

export interface SharingRecord {
  readonly thin: Thin;
  /** SHA-256 of the image that it belongs to. */
  readonly image: string;
  readonly shared: readonly SharedFile[];
  readonly own: readonly { readonly path: string; readonly size: number; readonly why: string }[];
}

interface SharedFile {
  /** In the full initrd, without the leading /. */
  readonly path: string;
  /** Below /usr, with a leading /. */
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

/** The record of an image that was packed from these files. */
export function recordSharing(image: string, thin: Thin, files: readonly PackedFile[]): SharingRecord {
  return {
    thin,
    image: sha256(image),
    shared: files.flatMap(({ sharing, ...file }) =>
      sharing.shared ? [{ ...file, source: sharing.source, sha256: sharing.sha256 }] : [],
    ),
    own: files.flatMap(({ path, size, sharing }) =>
      sharing.shared ? [] : [{ path, size, why: sharing.why }],
    ),
  };
}

/** What `usr` lacks, or has in another version, of what the image shares with it. */
export function checkSharing(image: string, usr: string): readonly Finding[] {
  const file = recordFile(image);
  if (!existsSync(file)) {
    return [
      finding('image-record-missing', `${file} must be beside the image: it says what is shared with /usr`),
    ];
  }
  const record = JSON.parse(readFileSync(file, 'utf8')) as SharingRecord;
  if (record.image !== sha256(image)) {
    return [
      finding('image-record-missing', `${file} belongs to another image than ${image}`, {
        hint: 'pack it again',
      }),
    ];
  }
  return record.shared.flatMap((shared) => {
    const problem = differs(shared, join(usr, shared.source), record.thin);
    if (!problem) return [];
    const message = `the image has no data for ${shared.path}: /usr${shared.source} ${problem}`;
    return [finding('image-shares-other-file', message, { hint: 'pack the image again with this /usr' })];
  });
}

function differs(shared: SharedFile, file: string, thin: Thin): string | undefined {
  const stat = lstatSync(file, { throwIfNoEntry: false });
  if (!stat) return 'is not there';
  if (!stat.isFile()) return 'is no regular file';
  if (stat.size !== shared.size || sha256(file) !== shared.sha256) return 'has other content';
  const same = (stat.mode & 0o7777) === shared.mode && stat.uid === shared.uid && stat.gid === shared.gid;
  return thin === 'overlay' || same ? undefined : 'has another mode or owner';
}

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
