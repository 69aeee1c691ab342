/** What a thin image shares with /usr, for its record. */
import type { Thin } from '../config/image-format.ts';
import { formatNames } from '../json/format-names.ts';
import type { SharingRecord } from '../json/sharing.ts';
import { sha256OfFile } from '../tools/sha256.ts';
import type { PackedFile } from './pack.ts';

/** The record of an image that was packed from these files. */
export function recordSharing(image: string, thin: Thin, files: readonly PackedFile[]): SharingRecord {
  return {
    format: formatNames.sharing,
    thin,
    image: sha256OfFile(image),
    shared: files.flatMap(({ sharing, hashes: _, ...file }) =>
      sharing.shared ? [{ ...file, source: sharing.source, sha256: sharing.sha256 }] : [],
    ),
    own: files.flatMap(({ path, size, sharing }) =>
      sharing.shared ? [] : [{ path, size, why: sharing.why }],
    ),
  };
}
