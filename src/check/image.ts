/** A packed image, as stage 1 mounts it: which file system, and is all of it there. */
import { statSync } from 'node:fs';
import { imageFormatNumber, imageFormatOf, imageKindOf } from '../config/image-format.ts';
import { usesUsr } from '../config/image-host.ts';
import { placeOf } from '../config/place.ts';
import type { SettingName } from '../config/settings.ts';
import type { PlatformConfig } from '../config/validate.ts';
import { isDigest } from '../config/value-types/hashes.ts';
import { FailedToolError } from '../errors.ts';
import { type Finding, finding } from '../findings.ts';
import { readMark } from '../initrd/image-mark.ts';
import { readImageTree } from '../initrd/image-tree.ts';
import { readPackedImage } from '../initrd/packed-image.ts';
import { run } from '../tools/run.ts';
import { verityVerifyArgs } from '../tools/verity.ts';
import { defineCheck, type Given, type Known } from './check.ts';

/** Is it an image that stage 1 of this platform mounts? */
export const imageFits = defineCheck({ name: 'image-fits', needs: ['image'], run: checkFits });

export const imageChecks = [imageFits];

/** An image that is given as a file, as data of the checks; nothing without one. Throws where it is not there. */
export function readImage(image: string | undefined): Pick<Given, 'image' | 'imageSize'> {
  return image === undefined ? {} : { image, imageSize: statSync(image).size };
}

async function checkFits({ config, image }: Known<'image'>): Promise<readonly Finding[]> {
  const { fileSystem } = imageFormatOf(config.settings);
  const unfit = unfitBecause(image, config, 'FullInitrd.FileSystem');
  const packed = readPackedImage(image);
  if (packed?.fileSystem !== fileSystem)
    return unfit(`must be ${fileSystem}, and is ${packed?.fileSystem ?? 'neither squashfs nor erofs'}`);
  const { size } = statSync(image);
  if (size < packed.size) return unfit(`must have ${packed.size} bytes, and has ${size}: it is cut off`);
  return [
    ...checkMark(image, config),
    ...(await (usesUsr(config.settings) ? checkNoTree : checkTree)(image, config)),
  ];
}

function unfitBecause(image: string, config: PlatformConfig, setting: SettingName, hint?: string) {
  return (message: string): readonly Finding[] => [
    finding('image-unfit', `${image} ${message}`, { ...placeOf(config, setting), hint }),
  ];
}

/** The check in an image for a partition would stop a boot from /usr. */
async function checkNoTree(image: string, config: PlatformConfig): Promise<readonly Finding[]> {
  const tree = await readImageTree(image);
  if ('problem' in tree) return [];
  const unfit = unfitBecause(image, config, 'FullInitrd.Host', 'pack it for this platform');
  return unfit('has a hash tree of its own: it was packed for a partition, not for /usr');
}

/** An image on a partition has its hash tree behind it, and the root hash that is built in, where one is. */
async function checkTree(image: string, config: PlatformConfig): Promise<readonly Finding[]> {
  const { RootHash, HashOffset } = config.settings.Verity;
  const unfit = unfitBecause(image, config, 'Verity.RootHash', 'pack it for this platform');
  const tree = await readImageTree(image, HashOffset);
  if ('problem' in tree) return unfit(`must have a hash tree behind it: ${tree.problem}`);
  if (isDigest(RootHash) && RootHash !== tree.rootHash)
    return unfit(`must have the root hash ${RootHash}, which is built in, and has ${tree.rootHash}`);
  try {
    await run(verityVerifyArgs(image, tree.offset, tree.rootHash));
    return [];
  } catch (error) {
    if (!(error instanceof FailedToolError)) throw error;
    return unfit('does not match its hash tree: it was changed after it was packed');
  }
}

/** What the image asks of stage 1, and what stage 1 of this platform does. */
function checkMark(image: string, config: PlatformConfig): readonly Finding[] {
  const { Source } = config.settings.FullInitrd;
  if (Source === 'usr') return [];
  const wanted = imageKindOf(config.settings);
  const unfit = unfitBecause(image, config, 'FullInitrd.Source', 'pack it for this platform');
  const mark = readMark(image);
  if (!mark && wanted === 'whole') return [unmarked(image, config)];
  if (!mark) return unfit(`must be packed as ${wanted}, and does not say what it is`);
  if (mark.format !== String(imageFormatNumber))
    return unfit(`must be of format ${imageFormatNumber}, and is of format ${mark.format}`);
  if (mark.kind === wanted) return [];
  const setting = mark.kind === 'whole' || wanted === 'whole' ? 'FullInitrd.Source' : 'FullInitrd.Thin';
  const message = `must be packed as ${wanted}, and was packed as ${mark.kind}`;
  return unfitBecause(image, config, setting, 'pack it for this platform')(message);
}

function unmarked(image: string, config: PlatformConfig): Finding {
  const message = `${image} does not say what it needs from stage 1: it is taken for a whole image`;
  return finding('image-unmarked', message, placeOf(config, 'FullInitrd.Source'));
}
