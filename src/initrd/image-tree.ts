/** The hash tree behind a packed image that is not in a verified /usr. */
import { UsageError } from '../errors.ts';
import { rootHashOfTree } from './hash-tree.ts';
import { withInput } from './input.ts';
import { readPackedImage } from './packed-image.ts';

export interface ImageTree {
  /** In hexadecimal. */
  readonly rootHash: string;
  /** Where its superblock is, in bytes. */
  readonly offset: number;
}

/** What data are hashed in, in bytes. */
const block = 4096;

/** The tree of an image, which begins at `hashOffset`, or where the file system ends; or why there is none. */
export async function readImageTree(
  image: string,
  hashOffset: number | 'auto' = 'auto',
): Promise<ImageTree | { readonly problem: string }> {
  const size = readPackedImage(image)?.size;
  if (size === undefined) return { problem: `${image} is neither squashfs nor erofs` };
  const offset = hashOffset === 'auto' ? Math.ceil(size / block) * block : hashOffset;
  try {
    return { rootHash: await withInput(image, (input) => rootHashOfTree(input, { offset })), offset };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { problem: `${image} has none at byte ${offset}` };
  }
}
