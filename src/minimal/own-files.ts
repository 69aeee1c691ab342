/** What the files of the minimal initrd are like, in two of its own: a live system looks whether later archives replaced some. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownFiles } from '../plan/steps/find-live-usr.ts';
import { type Entry, fileEntry } from './entries.ts';

/** Both lists, of all `entries`; they are written in `work`. */
export function ownFileEntries(entries: readonly Entry[], work: string): readonly Entry[] {
  const plain = entries.filter(({ path }) => !/[\s\\]/.test(path));
  // As sha256sum(1) reads it.
  const digests = plain.flatMap((entry) => (entry.type === 'file' ? [`${entry.sha256}  ${entry.path}`] : []));
  const links = plain.flatMap((entry) => (entry.type === 'link' ? [`${entry.target} ${entry.path}`] : []));
  return [
    listEntry(ownFiles.digests, digests, join(work, 'files.sha256')),
    listEntry(ownFiles.links, links, join(work, 'links')),
  ];
}

function listEntry(path: string, lines: readonly string[], file: string): Entry {
  writeFileSync(file, `${lines.join('\n')}\n`);
  return fileEntry(path, file, 0o644, 'layout', []);
}
