/**
 * The tree of a full initrd -> a tar stream for the tools that make images: ustar headers (tar(5)), GNU's for long names,
 * pax records for extended attributes. Libraries for this change a mode of 0000; and sqfstar drops the / of a link's
 * target in a pax record.
 */
import type { Thin } from '../config/image-format.ts';
import { lengthOf, type Range, read } from '../initrd/input.ts';
import type { TreeEntry } from '../initrd/tree-entry.ts';
import type { Sharing } from './share.ts';

const block = 512;
const chunk = 1024 * 1024;
const zeros = Buffer.alloc(chunk);

/** Where the mounted /usr is in the full initrd. */
const mountedUsr = '/sysusr/usr';

/** What a tar has a type for: all but sockets. */
export type StorableEntry = Exclude<TreeEntry, { readonly type: 'socket' }>;

export interface TarOptions {
  readonly tree: readonly StorableEntry[];
  readonly sharing: ReadonlyMap<string, Sharing>;
  readonly thin: Thin;
}

/**
 * The tar in pieces. A shared file is a hole of the same size with overlayfs' attributes
 * (Documentation/filesystems/overlayfs.rst, "Data-only lower layers"), or a link. One time for all files.
 */
export function* tarOfTree({ tree, sharing, thin }: TarOptions): Generator<Buffer> {
  for (const entry of tree) {
    const shared = sharing.get(entry.path);
    if (!shared?.shared) {
      yield* headers(entry);
      if (entry.type === 'file') yield* dataOf(entry.data);
    } else if (thin === 'links') {
      yield* headers({
        ...entry,
        type: 'symlink',
        mode: 0o777,
        target: Buffer.from(`${mountedUsr}${shared.source}`),
      });
    } else if (entry.type === 'file') {
      yield* attributes(overlayAttributes(shared.source));
      yield* headers(entry);
      yield* hole(lengthOf(entry.data));
    }
  }
  yield Buffer.alloc(2 * block);
}

function overlayAttributes(source: string): Readonly<Record<string, string>> {
  return { 'trusted.overlay.metacopy': '', 'trusted.overlay.redirect': source };
}

const typeFlags: Readonly<Record<StorableEntry['type'], string>> = {
  file: '0',
  link: '1',
  symlink: '2',
  'character-device': '3',
  'block-device': '4',
  directory: '5',
  fifo: '6',
};

function* headers(entry: StorableEntry): Generator<Buffer> {
  const name = Buffer.from(`./${entry.path}`);
  const link = linkOf(entry);
  if (name.length > 100) yield* longText('L', name);
  if (link.length > 100) yield* longText('K', link);
  const device = 'major' in entry ? entry : { major: 0, minor: 0 };
  yield header({ ...entry, name, link, ...device, flag: typeFlags[entry.type], size: sizeOf(entry) });
}

function linkOf(entry: StorableEntry): Buffer {
  if (entry.type === 'symlink') return entry.target;
  return entry.type === 'link' ? Buffer.from(`./${entry.target}`) : nothing;
}

function sizeOf(entry: StorableEntry): number {
  return entry.type === 'file' ? lengthOf(entry.data) : 0;
}

const nothing = Buffer.alloc(0);
const rootOwned = { mode: 0o644, uid: 0, gid: 0, link: nothing, major: 0, minor: 0 };

/** GNU's header for a name or a link's target that has no place in the one behind it. */
function* longText(flag: 'L' | 'K', text: Buffer): Generator<Buffer> {
  const data = Buffer.concat([text, Buffer.alloc(1)]);
  yield header({ ...rootOwned, name: Buffer.from('././@LongLink'), flag, size: data.length });
  yield padded(data);
}

/** The pax header with the extended attributes of the entry behind it. */
function* attributes(values: Readonly<Record<string, string>>): Generator<Buffer> {
  const records = Object.entries(values).map(([name, value]) => paxRecord(`SCHILY.xattr.${name}=${value}\n`));
  const data = Buffer.from(records.join(''));
  yield header({ ...rootOwned, name: Buffer.from('./PaxHeader'), flag: 'x', size: data.length });
  yield padded(data);
}

/** A record begins with its length in bytes, that of the number included. */
function paxRecord(text: string): string {
  const rest = Buffer.byteLength(text) + 1;
  const digits = String(rest + String(rest).length).length;
  return `${rest + digits} ${text}`;
}

interface HeaderFields {
  readonly name: Buffer;
  readonly link: Buffer;
  readonly flag: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly major: number;
  readonly minor: number;
}

function header(fields: HeaderFields): Buffer {
  const buffer = Buffer.alloc(block);
  const text = (value: string, start: number) => buffer.write(value, start, 'latin1');
  fields.name.copy(buffer, 0, 0, 100);
  writeNumber(buffer, fields.mode, 100, 8);
  writeNumber(buffer, fields.uid, 108, 8);
  writeNumber(buffer, fields.gid, 116, 8);
  writeNumber(buffer, fields.size, 124, 12);
  writeNumber(buffer, 0, 136, 12);
  text(fields.flag, 156);
  fields.link.copy(buffer, 157, 0, 100);
  text('ustar\x0000', 257);
  writeNumber(buffer, fields.major, 329, 8);
  writeNumber(buffer, fields.minor, 337, 8);
  buffer.fill(' ', 148, 156);
  const sum = buffer.reduce((total, byte) => total + byte, 0);
  text(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return buffer;
}

/** Octal digits; a number that has more than there is place for in GNU's binary form. */
function writeNumber(buffer: Buffer, value: number, start: number, length: number): void {
  const digits = value.toString(8).padStart(length - 1, '0');
  if (digits.length < length) {
    buffer.write(digits, start, 'latin1');
    return;
  }
  buffer[start] = 0x80;
  buffer.writeUIntBE(value, start + length - 6, 6);
}

function padded(data: Buffer): Buffer {
  return Buffer.concat([data, padding(data.length)]);
}

function padding(size: number): Buffer {
  return Buffer.alloc((block - (size % block)) % block);
}

function* dataOf({ input, start, end }: Range): Generator<Buffer> {
  for (let position = start; position < end; position += chunk)
    yield read(input, position, Math.min(chunk, end - position));
  if ((end - start) % block !== 0) yield padding(end - start);
}

function* hole(size: number): Generator<Buffer> {
  for (let left = Math.ceil(size / block) * block; left > 0; left -= chunk)
    yield zeros.subarray(0, Math.min(chunk, left));
}
