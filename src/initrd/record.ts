/**
 * What a thin image shares with /usr, as a file beside the image: a reviewer reads it, and a /usr that does not have
 * these files is found before anything boots.
 */
import { existsSync, lstatSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Thin } from '../config/image-format.ts';
import { type Finding, finding } from '../findings.ts';
import type { PackedFile } from '../pack/pack.ts';
import { sha256OfFile } from '../tools/sha256.ts';

export interface SharingRecord {
  readonly thin: Thin;
  /** SHA-256 of the image that it belongs to. */
  readonly image: string;
  readonly shared: readonly SharedFile[];
  readonly own: readonly { readonly path: string; readonly size: number; readonly why: string }[];
}

interface SharedFile {
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

/** The record of an image that was packed from these files. */
export function recordSharing(image: string, thin: Thin, files: readonly PackedFile[]): SharingRecord {
  return {
    thin,
    image: sha256OfFile(image),
    shared: files.flatMap(({ sharing, ...file }) =>
      sharing.shared ? [{ ...file, source: sharing.source, sha256: sharing.sha256 }] : [],
    ),
    own: files.flatMap(({ path, size, sharing }) =>
      sharing.shared ? [] : [{ path, size, why: sharing.why }],
    ),
  };
}

/**
 * What is wrong with an image for a platform that wants `thin` (none: a whole image) and this /usr: packed for another
 * kind, or sharing what /usr lacks or has in another version.
 */
export function checkSharing(image: string, thin: Thin | undefined, usr: string): readonly Finding[] {
  const file = recordFile(image);
  const problem = (message: string) => [
    finding('image-record-missing', message, { setting: 'FullInitrd.Source', hint: 'pack the image again' }),
  ];
  if (!existsSync(file)) {
    return thin ? problem(`${file} must be beside the image: it says what is shared with /usr`) : [];
  }
  const record = readRecord(file);
  if (!record) return problem(`${file} is not the record of an image`);
  if (record.image !== sha256OfFile(image)) return problem(`${file} belongs to another image than ${image}`);
  if (record.thin !== thin) {
    return problem(
      `${image} was packed with Thin=${record.thin}, and stage 1 mounts ${thin ?? 'a whole image'}`,
    );
  }
  return record.shared.flatMap((shared) => {
    const difference = differs(shared, usr, thin);
    if (!difference) return [];
    const message = `the image has no data for ${shared.path}: /usr${shared.source} ${difference}`;
    return [finding('image-shares-other-file', message, { hint: 'pack the image again with this /usr' })];
  });
}

/** Undefined for a file that `pack` has not written. */
function readRecord(file: string): SharingRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(file, 'utf8'));
    return Array.isArray(record?.shared) ? record : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function differs(shared: SharedFile, usr: string, thin: Thin): string | undefined {
  const file = join(usr, shared.source);
  const stat = lstatSync(file, { throwIfNoEntry: false });
  if (!stat) return 'is not there';
  if (!stat.isFile()) return 'is no regular file';
  if (realpathSync(file) !== join(realpathSync(usr), shared.source)) return 'is behind a link';
  if (stat.size !== shared.size || sha256OfFile(file) !== shared.sha256) return 'has other content';
  const same = (stat.mode & 0o7777) === shared.mode && stat.uid === shared.uid && stat.gid === shared.gid;
  return thin === 'overlay' || same ? undefined : 'has another mode or owner';
}
