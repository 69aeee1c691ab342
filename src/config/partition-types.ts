/** Types of the Discoverable Partitions Specification for /usr. */
import type { PlatformSettings } from './settings.ts';

interface PartitionTypes {
  readonly usr: string;
  readonly verity: string;
  readonly signature: string;
}

const partitionTypes = {
  'x86-64': {
    usr: '8484680c-9521-48c6-9c11-b0720656f69e',
    verity: '77ff5f63-e7b6-4633-acf4-1565b864c0e6',
    signature: 'e7bb33fb-06cf-4e81-8273-e543b413e2e2',
  },
  arm64: {
    usr: 'b0e01050-ee5f-4390-949a-9101b17104e9',
    verity: '6e11a4e7-fbca-4ded-b9e9-e1a512bb664e',
    signature: 'c23ce4ff-44bd-4b00-b2d4-b41b3419e02a',
  },
} as const satisfies Record<PlatformSettings['Platform']['Architecture'], PartitionTypes>;

/** The types of the partitions with the data of /usr, its hash tree and the signature of its root hash, as GPTs have them. */
export function partitionTypesOf({
  Platform,
}: {
  readonly Platform: Pick<PlatformSettings['Platform'], 'Architecture'>;
}): PartitionTypes {
  return partitionTypes[Platform.Architecture];
}
