/** The file system as the commands see it: reading platform files, writing rendered trees. */
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FileReader } from '../config/file-reader.ts';
import type { RenderedTree } from '../render/tree.ts';

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of its path is not a directory',
};

/** Reads from disk. */
export function createFileReader(): FileReader {
  return readOnce({ read: readOrReason, list: listOrNothing });
}

/** Asks `reader` for each file and directory once: a base shared by many platforms costs little. */
export function readOnce(reader: FileReader): FileReader {
  const files = new Map<string, ReturnType<FileReader['read']>>();
  const directories = new Map<string, readonly string[]>();
  return {
    read(path) {
      const known = files.get(path);
      if (known) return known;
      const content = reader.read(path);
      files.set(path, content);
      return content;
    },
    list(directory) {
      const known = directories.get(directory);
      if (known) return known;
      const names = reader.list(directory);
      directories.set(directory, names);
      return names;
    },
  };
}

function readOrReason(path: string): ReturnType<FileReader['read']> {
  try {
    return readFileSync(path);
  } catch (error) {
    const code = errorCode(error);
    return { error: `cannot be read: ${reasons[code] ?? code}`, missing: code === 'ENOENT' };
  }
}

function listOrNothing(directory: string): readonly string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}

/** Writes a rendered tree below an existing directory. */
export function writeTree(tree: RenderedTree, directory: string): void {
  const made = new Set<string>();
  for (const [name, file] of tree) {
    const path = join(directory, name);
    if (!made.has(dirname(path))) {
      mkdirSync(dirname(path), { recursive: true });
      made.add(dirname(path));
    }
    if ('target' in file) symlinkSync(file.target, path);
    else writeFileSync(path, file.text, { mode: file.mode });
  }
}
