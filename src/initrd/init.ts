/** What the kernel starts in an initrd. */
import { dirname, join } from 'node:path';
import { followLinks } from '../sysroot/paths.ts';
import { withInitrd } from './archives.ts';
import { makeTree } from './tree.ts';

/** systemd, a stage 1 of bootrelay's, or something else. */
export type InitKind = 'systemd' | 'bootrelay' | 'other';

/** What /init is, behind its links; `work` takes what is decompressed. Throws InitrdError, ToolError. */
export async function readInit(initrd: string, work: string): Promise<InitKind> {
  return withInitrd(initrd, { work }, ({ archives }) => {
    const main = makeTree(archives.filter(({ early }) => !early)).entries;
    const entries = new Map(main.map((entry) => [`/${entry.path}`, entry]));
    if (entries.has('/usr/lib/bootrelay/emergency') && entries.has('/modules')) return 'bootrelay';
    const init = followLinks('/init', (path) => {
      const entry = entries.get(path);
      return entry?.type === 'symlink' ? String(entry.target) : entry && '';
    });
    return init !== undefined && join(dirname(init), '/').endsWith('/systemd/') ? 'systemd' : 'other';
  });
}
