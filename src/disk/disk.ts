/** A test machine's disk: a GPT with partitions for /usr, where the platform has one for the hash tree, and for the root file system. */
import { statSync, truncateSync, writeFileSync } from 'node:fs';
import {
  formatSfdiskScript,
  type Partition,
  setPartitionLabelArgs,
  sfdiskArgs,
  writeAtArgs,
} from '../tools/disk.ts';
import { run } from '../tools/run.ts';

const mebibyte = 1024 * 1024;
const diskUuid = 'b0074e1a-0000-4000-8000-000000000010';

/** Types of the Discoverable Partitions Specification would make systemd find them: only platforms that want it get those. */
const linuxData = '0FC63DAF-8483-4772-8E79-3D69D8477DE4';

export interface DiskPart {
  readonly name: string;
  readonly uuid: string;
  /** GPT type UUID; by default that of any Linux data. */
  readonly type?: string | undefined;
  readonly file: string;
}

/** Bytes rounded up to whole MiB, as partitions have them. */
export function wholeMebibytes(size: number): number {
  return Math.ceil(size / mebibyte) * mebibyte;
}

/** Gives each part its offset on the disk: one behind the other, each at a whole MiB. */
function planPartitions(parts: readonly (DiskPart & { readonly size: number })[]): readonly Partition[] {
  let start = mebibyte;
  return parts.map(({ name, uuid, type = linuxData, size }) => {
    const partition = { name, type, uuid, start, size: wholeMebibytes(size) };
    start += partition.size;
    return partition;
  });
}

/** Writes a sparse disk image, for its owner only: a root partition has /etc/shadow. Throws ToolError. */
export async function makeDisk(parts: readonly DiskPart[], output: string): Promise<void> {
  const partitions = planPartitions(parts.map((part) => ({ ...part, size: statSync(part.file).size })));
  const last = partitions.at(-1);
  writeFileSync(output, '', { mode: 0o600 });
  truncateSync(output, (last ? last.start + last.size : mebibyte) + mebibyte);
  await run(sfdiskArgs(output), { input: formatSfdiskScript(partitions, diskUuid) });
  for (const [index, { name, start }] of partitions.entries()) {
    await run(setPartitionLabelArgs(output, index + 1, name));
    await run(writeAtArgs(parts[index]?.file ?? '', output, start));
  }
}
