/** Systems of a few files, each with a loader of its own kind, made in a directory that goes away with the tests. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from '@jest/globals';
import { elfFile } from './elf-file.ts';

/** A file's bytes or text, or a link: `-> TARGET`. */
export type Files = Readonly<Record<string, Buffer | string>>;

const work = mkdtempSync(join(tmpdir(), 'bootrelay-systems-'));
afterAll(() => rmSync(work, { recursive: true }));

/** The directory of a new system; what is in a directory of programs can be started. */
export function makeSystem(files: Files): string {
  const sysroot = mkdtempSync(join(work, 'system-'));
  for (const [path, content] of Object.entries(files)) {
    const file = join(sysroot, path);
    mkdirSync(dirname(file), { recursive: true });
    if (typeof content === 'string' && content.startsWith('-> ')) symlinkSync(content.slice(3), file);
    else {
      writeFileSync(file, content);
      chmodSync(file, /bin\/|systemd\/systemd/.test(path) ? 0o755 : 0o644);
    }
  }
  return sysroot;
}

export const mergedUsr: Files = {
  '/bin': '-> usr/bin',
  '/sbin': '-> usr/sbin',
  '/lib': '-> usr/lib',
  '/lib64': '-> usr/lib64',
};

/** The loader of glibc, with the default directories of most distributions. */
export const glibcLoader = '/lib64/ld-linux-x86-64.so.2';
export const glibc = (directories = '/lib64/\0/usr/lib64/') =>
  elfFile({ soname: 'ld-linux-x86-64.so.2', data: directories });

/** A program with glibc's loader, and a library. */
export const program = (needed: readonly string[], rest: Parameters<typeof elfFile>[0] = {}) =>
  elfFile({ interpreter: glibcLoader, needed, ...rest });
export const library = (soname: string, rest: Parameters<typeof elfFile>[0] = {}) =>
  elfFile({ soname, ...rest });

/** ld.so.cache as ldconfig(8) writes it: its header, an entry for each library, and their texts. */
export function cacheOf(libraries: Readonly<Record<string, string>>, hwcap = 0n): Buffer {
  const entries = Object.entries(libraries);
  const header = Buffer.alloc(48);
  header.write('glibc-ld.so.cache1.1');
  header.writeUInt32LE(entries.length, 20);
  const table = Buffer.alloc(24 * entries.length);
  let texts = '';
  for (const [index, pair] of entries.entries()) {
    for (const [field, text] of pair.entries()) {
      table.writeUInt32LE(48 + table.length + texts.length, 24 * index + 4 + 4 * field);
      texts += `${text}\0`;
    }
    table.writeBigUInt64LE(hwcap, 24 * index + 16);
  }
  return Buffer.concat([header, table, Buffer.from(texts)]);
}
