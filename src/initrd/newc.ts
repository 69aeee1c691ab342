/**
 * The newc cpio, as the kernel reads it (Documentation/driver-api/early-userspace/buffer-format.rst): entries with their
 * attributes and where their data is. Nothing in it is trusted: sizes must fit the file.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { InitrdError } from '../errors.ts';

/** An open file to read archives from. */
export interface Input {
  readonly descriptor: number;
  readonly size: number;
  readonly file: string;
}

export interface CpioEntry {
  /** As it is in the archive. */
  readonly name: Buffer;
  /** Type and permissions, as st_mode. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** The inode's number: the same for all names of one file. */
  readonly inode: string;
  readonly links: number;
  readonly device: { readonly major: number; readonly minor: number };
  /** Bytes of the file that are its data: from `start` to before `end`. */
  readonly data: { readonly start: number; readonly end: number };
  /** Where the next entry begins. */
  readonly next: number;
}

const headerSize = 110;

/** PATH_MAX of the kernel, with the byte at its end. */
const longestName = 4096;

/** Opens a file for as long as `use` runs. */
export async function withInput<T>(file: string, use: (input: Input) => T | Promise<T>): Promise<T> {
  const descriptor = openSync(file, 'r');
  try {
    return await use({ descriptor, size: fstatSync(descriptor).size, file });
  } finally {
    closeSync(descriptor);
  }
}

/** Up to `length` bytes from `start`. */
export function read({ descriptor, size }: Input, start: number, length: number): Buffer {
  const buffer = Buffer.alloc(Math.max(0, Math.min(length, size - start)));
  readSync(descriptor, buffer, 0, buffer.length, start);
  return buffer;
}

/** True where an archive begins at `start`: newc, with or without checksums (cpio(5)). */
export function isCpio(input: Input, start: number): boolean {
  return /^07070[12]$/.test(read(input, start, 6).toString('latin1'));
}

/** The entry at `position`; undefined for the trailer. Throws InitrdError. */
export function readCpioEntry(input: Input, position: number): CpioEntry | { readonly trailerEnd: number } {
  const header = read(input, position, headerSize);
  if (header.length < headerSize || !isCpio(input, position)) {
    throw new InitrdError(`${input.file} is cut off or damaged: no cpio entry at byte ${position}`);
  }
  if (!/^[0-9A-Fa-f]{104}$/.test(header.toString('latin1', 6))) {
    throw new InitrdError(`${input.file} is damaged: no numbers in the cpio entry at byte ${position}`);
  }
  const field = (index: number) =>
    Number.parseInt(header.toString('latin1', 6 + index * 8, 14 + index * 8), 16);
  const nameLength = field(11);
  if (nameLength > longestName)
    throw new InitrdError(`${input.file} is damaged: a name of ${nameLength} bytes at byte ${position}`);
  const start = alignTo4(position + headerSize + nameLength);
  const end = start + field(6);
  const next = alignTo4(end);
  const name = read(input, position + headerSize, Math.max(0, nameLength - 1));
  if (!(next > position))
    throw new InitrdError(`${input.file} is damaged: a cpio entry of no size at byte ${position}`);
  if (name.toString('latin1') === 'TRAILER!!!') return { trailerEnd: next };
  if (start > input.size || next > input.size + 3) {
    throw new InitrdError(`${input.file} is cut off in the entry ${JSON.stringify(name.toString('latin1'))}`);
  }
  return {
    name,
    mode: field(1),
    uid: field(2),
    gid: field(3),
    inode: `${field(7)}:${field(8)}:${field(0)}`,
    links: field(4),
    device: { major: field(9), minor: field(10) },
    data: { start, end },
    next,
  };
}

function alignTo4(position: number): number {
  return Math.ceil(position / 4) * 4;
}
