/**
 * The newc cpio, as the kernel reads it (Documentation/driver-api/early-userspace/buffer-format.rst, init/initramfs.c): entries
 * with their attributes and where their data is. Nothing in it is trusted: sizes must fit the file.
 */
import { InitrdError } from '../errors.ts';
import { type Input, type Range, read } from './input.ts';

export interface CpioEntry {
  /** As it is in the archive, up to its first NUL: writers fill up with more, so that data begin at a block. */
  readonly name: Buffer;
  /** Type and permissions, as st_mode. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** The inode's number: the same for all names of one file. */
  readonly inode: string;
  readonly links: number;
  readonly device: { readonly major: number; readonly minor: number };
  readonly data: Range;
}

/** The entries of one archive. */
export interface Cpio {
  readonly entries: readonly CpioEntry[];
  /** Whether its trailer is there. Without it the kernel goes on knowing the inodes of the archive. */
  readonly trailer: boolean;
  /** The first byte behind the archive. */
  readonly end: number;
}

const headerSize = 110;

/** PATH_MAX of the kernel, with the byte at its end. */
const longestName = 4096;

/** True where an archive begins at `start`: newc, with or without checksums (cpio(5)). */
export function isCpio(input: Input, start: number): boolean {
  return /^07070[12]$/.test(read(input, start, 6).toString('latin1'));
}

/**
 * The archive at byte `start`: up to its trailer, or up to what is no entry, where the kernel looks for another archive. Throws
 * InitrdError for one that is cut off or damaged.
 */
export function readCpio(input: Input, start: number): Cpio {
  const entries: CpioEntry[] = [];
  for (let position = start; ; ) {
    if (!isEntry(input, position)) return { entries, trailer: false, end: position };
    const { entry, next } = readEntry(input, position);
    if (!entry) return { entries, trailer: true, end: next };
    entries.push(entry);
    position = next;
  }
}

/** What begins with a 0 is an entry for the kernel, whatever comes behind it. */
function isEntry(input: Input, position: number): boolean {
  return read(input, position, 1).toString('latin1') === '0';
}

interface ReadEntry {
  /** Absent for the trailer. */
  readonly entry: CpioEntry | undefined;
  /** Where the next entry begins. */
  readonly next: number;
}

function readEntry(input: Input, position: number): ReadEntry {
  const at = `at byte ${position}`;
  const header = read(input, position, headerSize);
  if (header.length < headerSize) throw new InitrdError(`${input.name} is cut off in the cpio entry ${at}`);
  if (!isCpio(input, position))
    throw new InitrdError(`${input.name} is cut off or damaged: no entry of a newc cpio ${at}`);
  if (!/^[0-9A-Fa-f]{104}$/.test(header.toString('latin1', 6)))
    throw new InitrdError(`${input.name} is damaged: no numbers in the cpio entry ${at}`);
  const field = (index: number) =>
    Number.parseInt(header.toString('latin1', 6 + index * 8, 14 + index * 8), 16);
  const name = readName(input, position, field(11));
  const start = alignTo4(position + headerSize + field(11));
  const data = { input, start, end: start + field(6) };
  if (data.end > input.size)
    throw new InitrdError(
      `${input.name} is cut off in the entry ${JSON.stringify(name.toString('latin1'))} ${at}`,
    );
  const next = alignTo4(data.end);
  if (name.toString('latin1') === 'TRAILER!!!') return { entry: undefined, next };
  const entry = {
    name,
    mode: field(1),
    uid: field(2),
    gid: field(3),
    inode: `${field(7)}:${field(8)}:${field(0)}`,
    links: field(4),
    device: { major: field(9), minor: field(10) },
    data,
  };
  if (header.toString('latin1', 0, 6) === '070702') requireSum(entry, field(12), at);
  return { entry, next };
}

function readName(input: Input, position: number, length: number): Buffer {
  const at = `at byte ${position}`;
  if (length === 0 || length > longestName)
    throw new InitrdError(`${input.name} is damaged: a name of ${length} bytes ${at}`);
  const bytes = read(input, position + headerSize, length);
  if (bytes.length < length) throw new InitrdError(`${input.name} is cut off in a name ${at}`);
  if (bytes.at(-1) !== 0)
    throw new InitrdError(`${input.name} is damaged: a name without the byte 0 at its end ${at}`);
  return bytes.subarray(0, bytes.indexOf(0));
}

const regularFile = 0o10;

/** The checksum of 070702 is the sum of a regular file's bytes, modulo 2^32 (init/initramfs.c, do_copy). */
function requireSum({ mode, name, data }: CpioEntry, expected: number, at: string): void {
  if (mode >> 12 !== regularFile) return;
  const chunk = 1024 * 1024;
  let sum = 0;
  for (let start = data.start; start < data.end; start += chunk)
    for (const byte of read(data.input, start, Math.min(chunk, data.end - start))) sum = (sum + byte) >>> 0;
  if (sum === expected) return;
  throw new InitrdError(
    `${data.input.name} is damaged: the checksum of ${JSON.stringify(name.toString('latin1'))} ${at} is ${expected}, and its data have ${sum}`,
  );
}

function alignTo4(position: number): number {
  return Math.ceil(position / 4) * 4;
}
