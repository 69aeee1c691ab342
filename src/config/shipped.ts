/** Platforms that come along with bootrelay, wherever it is installed: `bootrelay:NAME` names one. */
import { basename, dirname, isAbsolute, join, normalize } from 'node:path';
import { readShippedPlatform, shippedPlatforms } from '../package.ts';
import type { FileReader } from './file-reader.ts';

const scheme = 'bootrelay:';

/** True for the name of a shipped platform; `./bootrelay:NAME` is a file. */
export function isShipped(path: string): boolean {
  return path.startsWith(scheme);
}

/** The path under which a platform file is read: a shipped one may be named without .ini. */
export function platformFile(path: string): string {
  return isShipped(path) && !path.endsWith('.ini') ? `${path}.ini` : path;
}

/** The file that `Extends=value` in `from` names: relative to that, among the shipped ones where that is one. */
export function extendedFile(value: string, from: string): string {
  if (isShipped(value)) return platformFile(value);
  if (isAbsolute(value)) return normalize(value);
  return isShipped(from) ? platformFile(scheme + value) : join(dirname(from), value);
}

/** What a platform in a file is called, unless Platform.Name says. */
export function nameOfFile(file: string): string {
  return basename(isShipped(file) ? file.slice(scheme.length) : file, '.ini');
}

/** `reader` for all but shipped platforms. */
export function withShipped(reader: FileReader): FileReader {
  return {
    read: (path) => (isShipped(path) ? readShipped(path) : reader.read(path)),
    list: (path) => (isShipped(path) ? [] : reader.list(path)),
  };
}

/** The names of all shipped platforms, as Extends= takes them. */
export function shippedNames(): readonly string[] {
  return shippedPlatforms().map((name) => `${scheme}${basename(name, '.ini')}`);
}

function readShipped(path: string): ReturnType<FileReader['read']> {
  const name = path.slice(scheme.length);
  if (shippedPlatforms().includes(name)) return new TextEncoder().encode(readShippedPlatform(name));
  return { error: `bootrelay comes with ${shippedNames().join(', ')}`, missing: true };
}
