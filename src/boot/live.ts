/** A live system: the /usr of a test machine as a file in an archive behind its minimal initrd. */
import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { copySparseArgs } from '../tools/disk.ts';
import { run } from '../tools/run.ts';
import { joinCpio, makeExtraCpio } from './extra-cpio.ts';

/** Files of this machine by their path in the initramfs. */
export type LiveFiles = Readonly<Record<string, string>>;

/** Writes `initrd` with `files` behind it to a new file in `work`; gives that. Throws ToolError. */
export async function appendFiles(initrd: string, files: LiveFiles, work: string): Promise<string> {
  const extra = Object.fromEntries(Object.entries(files).map(([path, file]) => [path, { file }]));
  const cpio = await makeExtraCpio(extra, work, 0o644);
  return joinCpio(initrd, cpio, join(work, 'initrd-live.img'));
}

/** A copy of a file's first bytes in `work`. Throws ToolError. */
export async function cutOff(file: string, size: number, work: string): Promise<string> {
  const copy = join(work, 'usr-cut-off.img');
  await run(copySparseArgs(file, copy));
  truncateSync(copy, size);
  return copy;
}
