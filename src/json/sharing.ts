/**
 * What a thin image shares with /usr, as a file beside the image: a reviewer reads it, and a /usr that does not have
 * these files is found before anything boots.
 */
import * as v from 'valibot';
import { formatNames } from './format-names.ts';

const sharedSchema = v.object({
  /** The path in the full initrd, without the leading /. */
  path: v.string(),
  /** The path below /usr, with a leading /. */
  source: v.string(),
  size: v.number(),
  sha256: v.string(),
  mode: v.number(),
  uid: v.number(),
  gid: v.number(),
});

export const sharingSchema = v.object({
  format: v.literal(formatNames.sharing),
  thin: v.picklist(['overlay', 'links']),
  /** SHA-256 of the image that it belongs to. */
  image: v.string(),
  /** Files of the full initrd whose data are in /usr. */
  shared: v.array(sharedSchema),
  own: v.array(v.object({ path: v.string(), size: v.number(), why: v.string() })),
});

export type SharingRecord = v.InferOutput<typeof sharingSchema>;
export type SharedFile = SharingRecord['shared'][number];
