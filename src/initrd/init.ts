/** What the kernel starts in an initrd. */
import { dirname, join } from 'node:path';
import { followLinks } from '../sysroot/paths.ts';
import { withInitrd } from './archives.ts';
import { makeTree } from './tree.ts';

/** True where /init is systemd, behind its links; `work` takes what is decompressed. Throws InitrdError, ToolError. */
export async function startsSystemd(initrd: string, work: string): Promise<boolean> {
  return withInitrd(initrd, { work }, ({ archives }) => {
    const main = makeTree(archives.filter(({ early }) => !early)).entries;
    const entries = new Map(main.map((entry) => [`/${entry.path}`, entry]));
    const init = followLinks('/init', (path) => {
      const entry = entries.get(path);
      return entry?.type === 'symlink' ? String(entry.target) : entry && '';
    });
    return init !== undefined && join(dirname(init), '/').endsWith('/systemd/');
  });
}
