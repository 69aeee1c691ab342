/** A /usr as partitions: its data, and where the platform wants them its hash tree and data for error correction. */
import { statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { partitionTypesOf } from '../config/partition-types.ts';
import type { PlatformSettings } from '../config/settings.ts';
import type { PlatformConfig } from '../config/validate.ts';
import type { DeviceSpec } from '../config/value-types/devices.ts';
import {
  choosesNewest,
  dataPartition,
  dissects,
  hashPartition,
  hasOwnHashPartition,
  readsSignature,
  signatureFile,
} from '../config/verity-device.ts';
import { type DiskPart, wholeMebibytes } from '../disk/disk.ts';
import { signRootHash } from './signature-partition.ts';
import type { RootHashKey } from './signing-key.ts';
import { addHashTree } from './usr-image.ts';

const usrPartitionUuid = 'b0074e1a-0000-4000-8000-000000000011';
const hashPartitionUuid = 'b0074e1a-0000-4000-8000-000000000012';
const fecPartitionUuid = 'b0074e1a-0000-4000-8000-000000000014';
const signaturePartitionUuid = 'b0074e1a-0000-4000-8000-000000000015';
export const rootPartitionUuid = 'b0074e1a-0000-4000-8000-000000000013';

/** The partitions of a /usr; the root hash where it has a hash tree. */
export interface SealedUsr {
  readonly parts: readonly DiskPart[];
  readonly rootHash: string | undefined;
  /** The file with the signature of the root hash, where the platform has one. */
  readonly signature?: string | undefined;
}

/** Adds the hash tree where the platform wants it; names and numbers the partitions as it will look for them. */
export async function sealUsr(
  config: PlatformConfig,
  file: string,
  work: string,
  key?: RootHashKey,
): Promise<SealedUsr> {
  const { settings } = config;
  const { Verity, FecDevice, FecRoots } = settings.Verity;
  const hash = hasOwnHashPartition(settings) ? join(work, 'usr-hash.img') : undefined;
  const correction = FecDevice && { file: join(work, 'usr-fec.img'), roots: FecRoots };
  if (Verity === 'no') return { parts: usrPartitions(config, { data: file }), rootHash: undefined };
  // The data for error correction cover all of the hash partition, to its end (veritysetup(8), --fec-device).
  if (hash && correction) writeZeros(hash, wholeMebibytes(statSync(file).size / 100));
  const offset = hash ? undefined : offsetOnDisk(settings, statSync(file).size);
  const rootHash = await addHashTree(file, hash, correction, offset);
  const signed = signatureFile(settings) === undefined ? undefined : await signRootHash(rootHash, work, key);
  const signature = readsSignature(settings) ? signed?.partition : undefined;
  const files = { data: file, hash, correction: correction?.file, signature };
  return { parts: usrPartitions(config, files, rootHash), rootHash, signature: signed?.signature };
}

/** More than this is no partition of a test machine. */
const largestPartition = 16 * 1024 ** 3;

/** The platform's offset of a hash tree behind `size` bytes of data; undefined where it follows from them, or no disk can have it. */
export function offsetOnDisk({ Verity }: PlatformSettings, size: number): number | undefined {
  const { HashOffset } = Verity;
  return HashOffset !== 'auto' && HashOffset >= size && HashOffset <= largestPartition
    ? HashOffset
    : undefined;
}

function writeZeros(file: string, size: number): void {
  writeFileSync(file, '');
  truncateSync(file, size);
}

interface UsrFiles {
  readonly data: string;
  readonly hash?: string | undefined;
  readonly correction?: string | undefined;
  readonly signature?: string | undefined;
}

/** The files of a /usr as the partitions that the platform looks for; `rootHash` is what names discoverable ones. */
export function usrPartitions(
  { settings }: PlatformConfig,
  files: UsrFiles,
  rootHash?: string,
): readonly DiskPart[] {
  const known = rootHash === undefined ? settings : withRootHash(settings, rootHash);
  const types = partitionTypesOf(settings);
  const discoverable = dissects(settings);
  const verity = settings.Verity.Verity === 'required';
  const part = (file: string | undefined, device: DeviceSpec | undefined, own: Omit<DiskPart, 'file'>) =>
    file === undefined ? [] : [{ file, ...own, ...namesOf(device) }];
  return [
    ...part(files.data, dataPartition(known), {
      name: choosesNewest(settings) ? matching(settings.Usr.LabelPattern) : 'USR-A',
      uuid: usrPartitionUuid,
      type: discoverable ? types.usr : undefined,
    }),
    ...part(verity ? files.hash : undefined, hashPartition(known), {
      name: 'USR-A-HASH',
      uuid: hashPartitionUuid,
      type: discoverable ? types.verity : undefined,
    }),
    ...part(verity ? files.correction : undefined, settings.Verity.FecDevice, {
      name: 'USR-A-FEC',
      uuid: fecPartitionUuid,
    }),
    ...part(verity ? files.signature : undefined, undefined, {
      name: choosesNewest(settings) ? matching(settings.Usr.LabelPattern) : 'USR-A-SIG',
      uuid: signaturePartitionUuid,
      type: types.signature,
    }),
  ];
}

function withRootHash(settings: PlatformSettings, rootHash: string): PlatformSettings {
  return { ...settings, Verity: { ...settings.Verity, RootHash: rootHash } };
}

/** What a partition must be called, numbered or typed to be found as `device`. */
export function namesOf(device: DeviceSpec | undefined): Partial<DiskPart> {
  if (device?.by === 'PARTLABEL') return { name: device.value };
  if (device?.by === 'PARTUUID') return { uuid: device.value };
  return device?.by === 'PARTTYPE' ? { type: device.value } : {};
}

/** A label that a pattern without ranges has. */
function matching(pattern: string): string {
  return pattern.replaceAll(/[*?]/g, '1');
}
