/**
 * What an entry of ExtraFiles takes from the sysroot, as data, and why something of it cannot be taken. Links are
 * followed as a process with the sysroot as its root would: nothing outside of it is ever read.
 */
import { accessSync, constants, lstatSync, readdirSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { FindingKind } from '../findings.ts';
import { fileInSysroot, mergeUsr, resolveInSysroot } from './paths.ts';

/** Something at or below an entry; `path` is its place in the sysroot. */
export type ExtraItem = { readonly path: string } & (
  | { readonly type: 'file'; readonly source: string; readonly mode: number }
  | { readonly type: 'dir'; readonly mode: number }
  | { readonly type: 'link'; readonly target: string }
);

/** Why something cannot be taken. */
export interface Problem {
  readonly kind: FindingKind;
  readonly message: string;
}

export interface ExtraFiles {
  readonly items: readonly ExtraItem[];
  readonly problems: readonly Problem[];
}

/** `followed`: where a link to a file is, there is a copy of the file. `kept`: a link stays one, whatever it leads to. */
export type Links = 'followed' | 'kept';

/** An entry with all below it, and the directories above it with their modes. */
export function readExtraFiles(sysroot: string, path: string, links: Links): ExtraFiles {
  const named = readAt(sysroot, path, links);
  if (links === 'kept' || named.items[0]?.type !== 'link') return withParents(sysroot, path, named);
  const resolved = resolveInSysroot(sysroot, path);
  if (resolved === undefined) return problem('file-missing', `${path} leads to nothing in the sysroot`);
  // What is named shall be there: the directory comes along, and the link leads to it at once.
  const behind = readExtraFiles(sysroot, resolved, links);
  const link: ExtraItem = { path, type: 'link', target: resolved };
  const items = mergeUsr(`${path}/`) === `${resolved}/` ? behind.items : [link, ...behind.items];
  return withParents(sysroot, path, { items, problems: behind.problems });
}

function problem(kind: FindingKind, message: string): ExtraFiles {
  return { items: [], problems: [{ kind, message }] };
}

function withParents(sysroot: string, path: string, { items, problems }: ExtraFiles): ExtraFiles {
  const names = path.split('/').slice(1, -1);
  const parents = names.flatMap((_, index): readonly ExtraItem[] => {
    const parent = `/${names.slice(0, index + 1).join('/')}`;
    const file = fileInSysroot(sysroot, parent);
    return file === undefined ? [] : [{ path: parent, type: 'dir', mode: modeOf(statSync(file)) }];
  });
  return { items: [...parents, ...items], problems };
}

/** Set-user-ID and set-group-ID are left out: owners do not come along, all is root's. */
function modeOf({ mode }: Stats): number {
  return mode & 0o1777;
}

function readAt(sysroot: string, path: string, links: Links): ExtraFiles {
  const parent = fileInSysroot(sysroot, dirname(path));
  const file = parent === undefined ? undefined : join(parent, basename(path));
  const stat = file === undefined ? undefined : lstatSync(file, { throwIfNoEntry: false });
  if (file === undefined || !stat) return problem('file-missing', `the sysroot must have ${path}`);
  if (stat.isSymbolicLink()) return readLink(sysroot, path, file, links);
  if (stat.isFile()) return takeFile(path, file, stat);
  if (!stat.isDirectory()) return unfit(path, `is ${typeOf(stat)}`);
  if (!isReadable(file)) return unfit(path, 'cannot be read');
  const names = readdirSync(file).sort();
  const below = names.map((name) =>
    isText(name)
      ? readAt(sysroot, join(path, name), links)
      : unfit(join(path, name), 'has a name that is not UTF-8'),
  );
  return {
    items: [{ path, type: 'dir', mode: modeOf(stat) }, ...below.flatMap(({ items }) => items)],
    problems: below.flatMap(({ problems }) => problems),
  };
}

function readLink(sysroot: string, path: string, link: string, links: Links): ExtraFiles {
  const file = links === 'followed' ? fileInSysroot(sysroot, path) : undefined;
  const stat = file === undefined ? undefined : statSync(file);
  if (file !== undefined && stat?.isFile()) return takeFile(path, file, stat);
  if (stat && !stat.isDirectory()) return unfit(path, `leads to ${typeOf(stat)}`);
  const target = readlinkSync(link);
  return isText(target)
    ? { items: [{ path, type: 'link', target }], problems: [] }
    : unfit(path, 'is a link to a name that is not UTF-8');
}

function takeFile(path: string, source: string, stat: Stats): ExtraFiles {
  if (!isReadable(source)) return unfit(path, 'cannot be read');
  return { items: [{ path, type: 'file', source, mode: modeOf(stat) }], problems: [] };
}

function unfit(path: string, why: string): ExtraFiles {
  return problem('extra-file-unfit', `${path} ${why}`);
}

function typeOf(stat: Stats): string {
  if (stat.isSocket()) return 'a socket';
  return stat.isFIFO() ? 'a fifo' : 'a device';
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** False for what is not UTF-8: Node.js puts this character in the place of such bytes. */
function isText(name: string): boolean {
  return !name.includes('\ufffd');
}
