/** A GUID partition table, read from the beginning of a disk (UEFI specification, 5.3). */
import { crc32 } from 'node:zlib';

export interface GptPartition {
  /** Its place in the table, from 1, as the kernel counts partitions. */
  readonly number: number;
  /** UUIDs in small letters. */
  readonly type: string;
  readonly uuid: string;
  readonly label: string;
  /** Bytes from the start of the disk. */
  readonly start: number;
  readonly size: number;
}

export interface Gpt {
  readonly partitions: readonly GptPartition[];
  /** Bytes that the disk must have at least, for its partitions and the copy of the table. */
  readonly end: number;
}

/** What there is in the place of a table, in words. */
export interface NoGpt {
  readonly problem: string;
}

/** Sectors of QEMU's disks. */
const sector = 512;
const signature = 'EFI PART';

/** Reads the table of a disk that begins with `head`, its first MiB. */
export function readGpt(head: Buffer): Gpt | NoGpt {
  if (head.toString('latin1', sector, sector + 8) !== signature) return { problem: withoutGpt(head) };
  const size = head.readUInt32LE(sector + 12);
  const header = Buffer.from(head.subarray(sector, sector + size));
  if (size < 92 || size > sector) return { problem: `its GPT has a header of ${size} bytes` };
  const checksum = header.readUInt32LE(16);
  header.fill(0, 16, 20);
  if (crc32(header) !== checksum) return { problem: 'the header of its GPT does not have its checksum' };
  const start = Number(header.readBigUInt64LE(72)) * sector;
  const [count, entrySize] = [header.readUInt32LE(80), header.readUInt32LE(84)];
  const entries = head.subarray(start, start + count * entrySize);
  if (entrySize < 128 || entries.length < count * entrySize)
    return { problem: 'the entries of its GPT are not in the first MiB' };
  if (crc32(entries) !== header.readUInt32LE(88))
    return { problem: 'the entries of its GPT do not have their checksum' };
  const partitions = Array.from({ length: count }, (_, index) =>
    readEntry(entries.subarray(index * entrySize, (index + 1) * entrySize), index + 1),
  ).filter(({ type }) => !/^[0-]+$/.test(type));
  const copy = (Number(header.readBigUInt64LE(32)) + 1) * sector;
  return {
    partitions,
    end: Math.max(copy, ...partitions.map((partition) => partition.start + partition.size)),
  };
}

/** Why a disk without a GPT may have none. */
function withoutGpt(head: Buffer): string {
  if (head.toString('latin1', 4096, 4104) === signature)
    return 'its GPT is for sectors of 4096 bytes, and the machine has a disk with 512';
  const master = head.length >= sector && head.readUInt16LE(510) === 0xaa55;
  return master ? 'it has no GPT, but a boot sector or a partition table of the older kind' : 'it has no GPT';
}

function readEntry(entry: Buffer, number: number): GptPartition {
  const first = Number(entry.readBigUInt64LE(32));
  const last = Number(entry.readBigUInt64LE(40));
  return {
    number,
    type: readUuid(entry.subarray(0, 16)),
    uuid: readUuid(entry.subarray(16, 32)),
    label: entry.toString('utf16le', 56, 128).replace(/\0.*$/s, ''),
    start: first * sector,
    size: (last - first + 1) * sector,
  };
}

/** The first three parts are numbers, whose bytes stand the other way round. */
function readUuid(bytes: Buffer): string {
  const parts = [
    Buffer.from(bytes.subarray(0, 4)).reverse(),
    Buffer.from(bytes.subarray(4, 6)).reverse(),
    Buffer.from(bytes.subarray(6, 8)).reverse(),
    bytes.subarray(8, 10),
    bytes.subarray(10, 16),
  ];
  return parts.map((part) => part.toString('hex')).join('-');
}
