/** The files of the minimal initrd as data, and as mtree(5) text. */
import { statSync } from 'node:fs';
import { sha256OfFile } from '../tools/sha256.ts';

/** What an entry is there for; the size table adds up by it. */
export const parts = [
  'rendered',
  'busybox',
  'programs',
  'libraries',
  'units',
  'modules',
  'firmware',
  'extra',
  'layout',
  'microcode',
] as const;
export type Part = (typeof parts)[number];

interface EntryBase {
  /** Absolute path in the minimal initrd. */
  readonly path: string;
  readonly part: Part;
}

export type Entry =
  | (EntryBase & { readonly type: 'dir'; readonly mode: number })
  | (EntryBase & { readonly type: 'link'; readonly target: string })
  | (EntryBase & {
      readonly type: 'char';
      readonly mode: number;
      readonly major: number;
      readonly minor: number;
    })
  | (EntryBase & {
      readonly type: 'file';
      readonly mode: number;
      /** Where the content is on this machine. */
      readonly source: string;
      /** The files of the sysroot that `source` was made of, where it is none of them; none for what bootrelay wrote or compiled. */
      readonly madeFrom?: readonly string[];
      readonly size: number;
      readonly sha256: string;
    });

/** A file of this machine at a path of the minimal initrd; `madeFrom` says of which others it was made. */
export function fileEntry(
  path: string,
  source: string,
  mode: number,
  part: Part,
  madeFrom?: readonly string[] | undefined,
): Entry {
  return {
    type: 'file',
    path,
    mode,
    part,
    source,
    size: statSync(source).size,
    sha256: sha256OfFile(source),
    ...(madeFrom && { madeFrom }),
  };
}

/** The root directory, without which it would have the mode of wherever the archive is made. */
export const rootEntry: Entry = { type: 'dir', path: '', mode: 0o755, part: 'layout' };

/**
 * Sorts entries so that a directory comes before what is in it, adds missing parent directories, and throws
 * where there are two different entries for one path. /bin comes last: where the kernel has not the memory to unpack all of it and /init does
 * not start, it would run /bin/sh on the console (init/main.c).
 */
export function completeEntries(entries: readonly Entry[]): readonly Entry[] {
  const byPath = new Map<string, Entry>();
  for (const entry of entries) {
    const known = byPath.get(entry.path);
    if (known && JSON.stringify(known) !== JSON.stringify(entry)) {
      throw new Error(
        `two different entries for ${entry.path} of the minimal initrd: the checks have not run`,
      );
    }
    byPath.set(entry.path, entry);
  }
  for (const path of [...byPath.keys()].flatMap(parentsOf)) {
    if (!byPath.has(path)) byPath.set(path, { type: 'dir', path, mode: 0o755, part: 'layout' });
  }
  const last = byPath.get('/bin');
  byPath.delete('/bin');
  const sorted = [...byPath.values()].sort((left, right) => (left.path < right.path ? -1 : 1));
  return last ? [...sorted, last] : sorted;
}

function parentsOf(path: string): readonly string[] {
  const names = path.split('/').slice(1, -1);
  return names.map((_, index) => `/${names.slice(0, index + 1).join('/')}`);
}

/**
 * mtree(5) text: owner root and time 0 for all. With `contents`, as bsdtar needs it, each file says where its
 * content is; without, as reviewers read it, its hash. What a line leaves out bsdtar takes from the file's source,
 * or from a file of that name in the current directory: hard links of the sysroot must not become some here.
 * The kernel looks for microcode by a name without ./ in front.
 */
export function formatMtree(entries: readonly Entry[], { contents }: { contents: boolean }): string {
  const fixed = ['uid=0', 'gid=0', 'time=0', ...(contents ? ['nlink=1'] : [])];
  const lines = entries.map((entry) => {
    const path = entry.part === 'microcode' ? encode(entry.path).slice(1) : `.${encode(entry.path)}`;
    return [path, ...keywords(entry, contents), ...fixed].join(' ');
  });
  return ['#mtree', ...lines, ''].join('\n');
}

function keywords(entry: Entry, contents: boolean): readonly string[] {
  switch (entry.type) {
    case 'dir':
      return ['type=dir', octal(entry.mode)];
    case 'link':
      return ['type=link', octal(0o777), `link=${encode(entry.target)}`];
    case 'char':
      return ['type=char', octal(entry.mode), `device=native,${entry.major},${entry.minor}`];
    case 'file': {
      const where = contents ? `contents=${encode(entry.source)}` : `sha256digest=${entry.sha256}`;
      return ['type=file', octal(entry.mode), `size=${entry.size}`, where];
    }
  }
}

function octal(mode: number): string {
  return `mode=${mode.toString(8).padStart(4, '0')}`;
}

/** mtree encodes what is not plain as \ and three octal digits (vis(3)). */
function encode(path: string): string {
  return [...Buffer.from(path)]
    .map((byte) =>
      byte > 0x20 && byte < 0x7f && byte !== 0x5c && byte !== 0x23 && byte !== 0x3d
        ? String.fromCharCode(byte)
        : `\\${byte.toString(8).padStart(3, '0')}`,
    )
    .join('');
}
