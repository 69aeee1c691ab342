/** A packed image, as stage 1 mounts it: which file system, and is all of it there. */
import { statSync } from 'node:fs';
import { imageFormatNumber, imageFormatOf, imageKindOf } from '../config/image-format.ts';
import { placeOf } from '../config/place.ts';
import type { SettingName } from '../config/settings.ts';
import type { PlatformConfig } from '../config/validate.ts';
import { type Finding, finding } from '../findings.ts';
import { readMark } from '../initrd/image-mark.ts';
import { readPackedImage } from '../initrd/packed-image.ts';
import { defineCheck, type Given, type Known } from './check.ts';

/** Is it an image that stage 1 of this platform mounts? */
export const imageFits = defineCheck({ name: 'image-fits', needs: ['image'], run: checkFits });

export const imageChecks = [imageFits];

/** An image that is given as a file, as data of the checks; nothing without one. Throws where it is not there. */
export function readImage(image: string | undefined): Pick<Given, 'image' | 'imageSize'> {
  return image === undefined ? {} : { image, imageSize: statSync(image).size };
}

function checkFits({ config, image }: Known<'image'>): readonly Finding[] {
  const { fileSystem } = imageFormatOf(config.settings);
  const unfit = unfitBecause(image, config, 'FullInitrd.FileSystem');
  const packed = readPackedImage(image);
  if (packed?.fileSystem !== fileSystem)
    return unfit(`must be ${fileSystem}, and is ${packed?.fileSystem ?? 'neither squashfs nor erofs'}`);
  const { size } = statSync(image);
  if (size < packed.size) return unfit(`must have ${packed.size} bytes, and has ${size}: it is cut off`);
  return checkMark(image, config);
}

function unfitBecause(image: string, config: PlatformConfig, setting: SettingName, hint?: string) {
  return (message: string): readonly Finding[] => [
    finding('image-unfit', `${image} ${message}`, { ...placeOf(config, setting), hint }),
  ];
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
