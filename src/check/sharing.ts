/** Has /usr what a thin image shares with it? */
import { existsSync, lstatSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { type Thin, thinOf } from '../config/image-format.ts';
import { placeOf } from '../config/place.ts';
import { type Finding, finding } from '../findings.ts';
import { readRecord, recordFile } from '../initrd/record.ts';
import type { SharedFile } from '../json/sharing.ts';
import { sha256OfFile } from '../tools/sha256.ts';
import { defineCheck, type Known } from './check.ts';
import { imageFits } from './image.ts';

export const sharingChecks = [
  defineCheck({ name: 'image-sharing', needs: ['image', 'sysroot'], after: [imageFits], run: checkSharing }),
  defineCheck({
    name: 'image-compared',
    needs: ['sysroot'],
    without: ['imageSize'],
    run: checkCompared,
  }),
];

/**
 * What is wrong with an image for this platform and this /usr: packed for another kind, or sharing what /usr lacks or has in
 * another version. A whole image shares nothing.
 */
function checkSharing({ config, image, sysroot }: Known<'image' | 'sysroot'>): readonly Finding[] {
  const thin = thinOf(config.settings);
  const usr = join(sysroot, 'usr');
  const file = recordFile(image);
  const problem = (message: string) => [
    finding('image-record-missing', message, {
      ...placeOf(config, 'FullInitrd.Source'),
      hint: 'pack the image again',
    }),
  ];
  if (!existsSync(file)) {
    return thin ? problem(`${file} must be beside the image: it says what is shared with /usr`) : [];
  }
  const read = readRecord(file);
  if ('problem' in read) return problem(`${file}, the record of the image, ${read.problem}`);
  const record = read.value;
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
    const details = { ...placeOf(config, 'FullInitrd.Source'), hint: 'pack the image again with this /usr' };
    return [finding('image-shares-other-file', message, details)];
  });
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

/** A thin image depends on the /usr that it goes into: who does not name it does not know whether they agree. */
function checkCompared({ config }: Known): readonly Finding[] {
  if (!thinOf(config.settings)) return [];
  const message = 'the image shares files with /usr, and is not compared with it';
  const details = { ...placeOf(config, 'FullInitrd.Source'), hint: 'name it with --image' };
  return [finding('image-not-checked', message, details)];
}
