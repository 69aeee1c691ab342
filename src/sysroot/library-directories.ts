/** Directories and names of libraries that a system keeps for its loader: ldconfig(8), and ld-musl's path file. */

/** Libraries by name, from ld.so.cache; those for some processors only (glibc-hwcaps) are left out. */
export function readLibraryCache(cache: Buffer): ReadonlyMap<string, readonly string[]> {
  const start = cache.indexOf('glibc-ld.so.cache1.1');
  const libraries = new Map<string, string[]>();
  if (start < 0 || cache.length < start + 48) return libraries;
  // struct cache_file_new of glibc (elf/dl-cache.h): a header of 48 bytes, entries of 24; names are counted from the header.
  const table = cache.subarray(start);
  const count = Math.min(table.readUInt32LE(20), Math.floor((table.length - 48) / 24));
  for (let at = 48; at < 48 + 24 * count; at += 24) {
    if (table.readBigUInt64LE(at + 16) !== 0n) continue;
    const name = textAt(table, table.readUInt32LE(at + 4));
    libraries.set(name, [...(libraries.get(name) ?? []), textAt(table, table.readUInt32LE(at + 8))]);
  }
  return libraries;
}

function textAt(table: Buffer, start: number): string {
  return table.subarray(start, table.indexOf(0, start)).toString('utf8');
}

/** What reading of configuration takes: the text of a file, and the names that a pattern stands for. */
export interface ConfigurationFiles {
  text(path: string): string | undefined;
  glob(pattern: string): readonly string[];
}

const deepestInclude = 10;

/** The directories that /etc/ld.so.conf names, also in what it includes. */
export function readLibraryDirectories(
  files: ConfigurationFiles,
  path = '/etc/ld.so.conf',
  depth = 0,
): readonly string[] {
  const lines = (files.text(path) ?? '').split('\n').map((line) => line.replace(/#.*/, '').trim());
  return lines.flatMap((line) => {
    const included = /^include\s+(.*)$/.exec(line)?.[1];
    // A directory may have the kind of its libraries behind it: DIRECTORY=TYPE.
    if (included === undefined)
      return line.startsWith('/') ? [line.replace(/=.*/, '').replace(/\/+$/, '')] : [];
    if (depth === deepestInclude) return [];
    return included
      .split(/\s+/)
      .map((pattern) => (pattern.startsWith('/') ? pattern : `/etc/${pattern}`))
      .flatMap((pattern) => files.glob(pattern))
      .flatMap((file) => readLibraryDirectories(files, file, depth + 1));
  });
}

/** Where musl's loader looks, with the text of its path file, if there is one (ldso/dynlink.c of musl). */
export function muslDirectories(pathFile: string | undefined): readonly string[] {
  return (pathFile ?? '/lib:/usr/local/lib:/usr/lib').split(/[:\n]/).filter(Boolean);
}
