/** An EFI system partition as a file: a FAT32 with these files. */
import { statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fatArgs, fatCopyArgs, fatDirectoriesArgs } from '../tools/mtools.ts';
import { run } from '../tools/run.ts';

/** The type of its entry in a GPT (UEFI specification, 5.3.3). */
export const espType = 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b';

const mebibyte = 1024 * 1024;
/** FAT32 has more than 65,525 clusters, which are no smaller than a sector. */
const smallest = 34 * mebibyte;

/** Files by their paths in the partition, such as /EFI/BOOT/BOOTX64.EFI: files of this machine. */
export type EspFiles = Readonly<Record<string, string>>;

/** Writes `output`, with `room` bytes left for what the machine writes. Throws ToolError. */
export async function makeEsp(files: EspFiles, output: string, room = 4 * mebibyte): Promise<void> {
  const content = Object.values(files).reduce((sum, file) => sum + statSync(file).size, 0);
  const size = Math.max(smallest, Math.ceil((content * 1.01 + room) / mebibyte) * mebibyte);
  writeFileSync(output, '');
  truncateSync(output, size);
  await run(fatArgs(output, 'ESP'));
  const directories = directoriesOf(Object.keys(files));
  if (directories.length > 0) await run(fatDirectoriesArgs(output, directories));
  for (const [path, file] of Object.entries(files)) await run(fatCopyArgs(output, file, path));
}

/** All directories of these paths, each behind the one that it is in. */
function directoriesOf(paths: readonly string[]): readonly string[] {
  const above = (path: string): readonly string[] => {
    const directory = dirname(path);
    return directory === '/' || directory === '.' ? [] : [...above(directory), directory];
  };
  return [...new Set(paths.flatMap(above))];
}
