/** The tree of a full initrd -> a pax tar stream for the tools that make images. */

import { once } from 'node:events';
import { readSync } from 'node:fs';
import { type Headers, type Pack, pack } from 'tar-stream';
import type { Input } from './newc.ts';
import type { Sharing, Thin } from './share.ts';
import type { FileEntry, TreeEntry } from './tree.ts';

/** As tar-stream takes them: `pax` are records of the extended header. */
type TarHeaders = Headers & { readonly pax?: Readonly<Record<string, string>> };

const chunk = 1024 * 1024;
const zeros = Buffer.alloc(chunk);

/** Where the mounted /usr is in the full initrd. */
const mountedUsr = '/sysusr/usr';

export interface TarOptions {
  readonly archive: Input;
  readonly tree: readonly TreeEntry[];
  readonly sharing: ReadonlyMap<string, Sharing>;
  readonly thin: Thin;
}

/**
 * The tar as a stream. A shared file is a hole of the same size with overlayfs' attributes
 * (Documentation/filesystems/overlayfs.rst, "Data-only lower layers"), or a link.
 */
export function tarOfTree(options: TarOptions): Pack {
  const stream = pack();
  writeAll(stream, options).catch((error) => stream.destroy(error));
  return stream;
}

async function writeAll(stream: Pack, { archive, tree, sharing, thin }: TarOptions): Promise<void> {
  for (const entry of tree) {
    const shared = sharing.get(entry.path);
    if (entry.type !== 'file') await writeEntry(stream, header(entry));
    else if (!shared?.shared) await writeFile(stream, entry, header(entry), dataOf(archive, entry));
    else if (thin === 'overlay')
      await writeFile(
        stream,
        entry,
        { ...header(entry), pax: overlayAttributes(shared.source) },
        hole(entry),
      );
    else await writeEntry(stream, { ...header(entry), ...linkTo(shared.source) });
  }
  stream.finalize();
}

/** One time for all files: the same initrd gives the same image. */
function header(entry: TreeEntry): Headers {
  const { path, mode, uid, gid, type } = entry;
  const common = { name: `./${path}`, mode, uid, gid, mtime: new Date(0), type };
  switch (entry.type) {
    case 'symlink':
      return { ...common, linkname: entry.target };
    case 'link':
      return { ...common, linkname: `./${entry.target}` };
    case 'character-device':
    case 'block-device':
      return { ...common, devmajor: entry.major, devminor: entry.minor };
    case 'file':
      return { ...common, size: entry.end - entry.start };
    default:
      return common;
  }
}

function overlayAttributes(source: string): Record<string, string> {
  return {
    'SCHILY.xattr.trusted.overlay.metacopy': '',
    'SCHILY.xattr.trusted.overlay.redirect': source,
  };
}

function linkTo(source: string): Pick<Headers, 'type' | 'linkname' | 'mode' | 'size'> {
  return { type: 'symlink', linkname: `${mountedUsr}${source}`, mode: 0o777, size: 0 };
}

function* dataOf({ descriptor }: Input, { start, end }: FileEntry): Generator<Buffer> {
  for (let position = start; position < end; position += chunk) {
    const buffer = Buffer.alloc(Math.min(chunk, end - position));
    readSync(descriptor, buffer, 0, buffer.length, position);
    yield buffer;
  }
}

function* hole({ start, end }: FileEntry): Generator<Buffer> {
  for (let left = end - start; left > 0; left -= chunk) yield zeros.subarray(0, Math.min(chunk, left));
}

function writeEntry(stream: Pack, headers: TarHeaders): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.entry(headers, (error) => (error ? reject(error) : resolve()));
  });
}

async function writeFile(
  stream: Pack,
  { path }: FileEntry,
  headers: TarHeaders,
  data: Iterable<Buffer>,
): Promise<void> {
  let written: (error?: unknown) => void = () => undefined;
  const end = new Promise<void>((resolve, reject) => {
    written = (error) => (error ? reject(new Error(`${path}: ${error}`)) : resolve());
  });
  const entry = stream.entry(headers, written);
  for (const buffer of data) if (!entry.write(buffer)) await once(entry, 'drain');
  entry.end();
  await end;
}
