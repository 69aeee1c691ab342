/** A /usr as partitions: its data, and where the platform wants them its hash tree and data for error correction. */
import { statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PlatformConfig } from '../config/validate.ts';
import { dataPartition } from '../config/verity-device.ts';
import { type DiskPart, wholeMebibytes } from './disk.ts';
import { addHashTree } from './usr-image.ts';

const usrPartitionUuid = 'b0074e1a-0000-4000-8000-000000000011';
const hashPartitionUuid = 'b0074e1a-0000-4000-8000-000000000012';
const fecPartitionUuid = 'b0074e1a-0000-4000-8000-000000000014';
export const rootPartitionUuid = 'b0074e1a-0000-4000-8000-000000000013';

/** The partitions of a /usr; the root hash where it has a hash tree. */
export interface SealedUsr {
  readonly parts: readonly DiskPart[];
  readonly rootHash: string | undefined;
}

/** Adds the hash tree where the platform wants it; names and numbers the partitions as it will look for them. */
export async function sealUsr(config: PlatformConfig, file: string, work: string): Promise<SealedUsr> {
  const { Verity, HashDevice, FecDevice, FecRoots } = config.settings.Verity;
  const hash = HashDevice && join(work, 'usr-hash.img');
  const correction = FecDevice && { file: join(work, 'usr-fec.img'), roots: FecRoots };
  const parts = usrPartitions(config, { data: file, hash, correction: correction?.file });
  if (Verity === 'no') return { parts, rootHash: undefined };
  // The data for error correction cover all of the hash partition, to its end (veritysetup(8), --fec-device).
  if (hash && correction) writeZeros(hash, wholeMebibytes(statSync(file).size / 100));
  return { parts, rootHash: await addHashTree(file, hash, correction) };
}

function writeZeros(file: string, size: number): void {
  writeFileSync(file, '');
  truncateSync(file, size);
}

/** The files of a /usr as the partitions that the platform looks for. */
export function usrPartitions(
  { settings }: PlatformConfig,
  files: {
    readonly data: string;
    readonly hash?: string | undefined;
    readonly correction?: string | undefined;
  },
): readonly DiskPart[] {
  const { Verity } = settings;
  const verity = Verity.Verity === 'required';
  const wanted = [
    { file: files.data, device: dataPartition(settings), name: 'USR-A', uuid: usrPartitionUuid },
    {
      file: verity ? files.hash : undefined,
      device: Verity.HashDevice,
      name: 'USR-A-HASH',
      uuid: hashPartitionUuid,
    },
    {
      file: verity ? files.correction : undefined,
      device: Verity.FecDevice,
      name: 'USR-A-FEC',
      uuid: fecPartitionUuid,
    },
  ];
  return wanted.flatMap(({ file, device, name, uuid }) =>
    file === undefined
      ? []
      : [
          {
            file,
            name: device?.by === 'PARTLABEL' ? device.value : name,
            uuid: device?.by === 'PARTUUID' ? device.value : uuid,
          },
        ],
  );
}
