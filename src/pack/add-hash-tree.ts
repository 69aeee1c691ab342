/** The hash tree of dm-verity behind an image that is not in a verified /usr. */
import { statSync, truncateSync } from 'node:fs';
import { readPackedImage } from '../initrd/packed-image.ts';
import { sha256OfFile } from '../tools/sha256.ts';
import { makeHashTree } from '../tools/verity.ts';

/** What data are hashed in, in bytes. */
const block = 4096;

/**
 * Adds the tree behind the image's file system, in whole blocks, whatever is there; gives the root hash in hexadecimal. Salt and UUID follow
 * from the image's bytes: the same image has the same root hash. Throws ToolError.
 */
export async function addTreeOfImage(image: string): Promise<string> {
  const end = readPackedImage(image)?.size ?? statSync(image).size;
  const size = Math.ceil(end / block) * block;
  truncateSync(image, size);
  const salt = sha256OfFile(image);
  const uuid = salt.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-4$3-8$4-$5');
  return makeHashTree({ data: image, hash: image, hashOffset: size, dataBlocks: size / block, uuid, salt });
}
