/**
 * The archives that an initrd file is made of, one behind the other
 * (Documentation/driver-api/early-userspace/buffer-format.rst): uncompressed cpio archives, such as early
 * microcode, zeros in between, at last a compressed stream or one more cpio.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

export interface Segment {
  /** Bytes from the start of the file. */
  readonly start: number;
  /** First byte behind the segment; the end of the file for a compressed one. */
  readonly end: number;
  readonly compression: string;
  /** True for a cpio that holds only what the kernel reads before it unpacks anything. */
  readonly early: boolean;
}

/** A file that is no initrd, or one that is cut off. Exit code 2. */
export class InitrdError extends Error {
  override readonly name = 'UsageError';
}

const magics: readonly (readonly [string, string])[] = [
  ['28b52ffd', 'zstd'],
  ['1f8b', 'gzip'],
  ['fd377a585a00', 'xz'],
  ['5d0000', 'lzma'],
  ['425a68', 'bzip2'],
  ['02214c18', 'lz4'],
  ['04224d18', 'lz4'],
  ['894c5a4f', 'lzop'],
];

const headerSize = 110;
const trailer = 'TRAILER!!!';

/** Finds the segments of an initrd file. Throws InitrdError. */
export function findSegments(file: string): readonly Segment[] {
  const descriptor = openSync(file, 'r');
  try {
    return readSegments({ descriptor, size: fstatSync(descriptor).size, file });
  } finally {
    closeSync(descriptor);
  }
}

interface Input {
  readonly descriptor: number;
  readonly size: number;
  readonly file: string;
}

function readSegments(input: Input): readonly Segment[] {
  const segments: Segment[] = [];
  for (let start = skipZeros(input, 0); start < input.size; ) {
    const segment = isCpio(input, start) ? readCpio(input, start) : compressedSegment(input, start);
    segments.push(segment);
    start = skipZeros(input, segment.end);
  }
  if (segments.length === 0) throw new InitrdError(`${input.file} is empty`);
  return segments;
}

function read({ descriptor, size }: Input, start: number, length: number): Buffer {
  const buffer = Buffer.alloc(Math.max(0, Math.min(length, size - start)));
  readSync(descriptor, buffer, 0, buffer.length, start);
  return buffer;
}

function isCpio(input: Input, start: number): boolean {
  return /^07070[12]$/.test(read(input, start, 6).toString('latin1'));
}

function compressedSegment(input: Input, start: number): Segment {
  const head = read(input, start, 6).toString('hex');
  const compression = magics.find(([magic]) => head.startsWith(magic))?.[1];
  if (compression) return { start, end: input.size, compression, early: false };
  const where = start === 0 ? '' : ` at byte ${start}`;
  throw new InitrdError(
    `${input.file} is not an initrd: neither a newc cpio nor a known compression${where}`,
  );
}

/** Walks over the entries of a newc cpio up to its trailer. */
function readCpio(input: Input, start: number): Segment {
  let early = true;
  for (let position = start; ; ) {
    const { name, end } = readCpioEntry(input, position);
    if (name === trailer) return { start, end, compression: 'none', early };
    early &&= isEarlyName(name);
    position = end;
  }
}

function readCpioEntry(input: Input, position: number): { name: string; end: number } {
  const header = read(input, position, headerSize);
  if (header.length < headerSize || !isCpio(input, position)) {
    throw new InitrdError(`${input.file} is cut off or damaged: no cpio entry at byte ${position}`);
  }
  const field = (index: number) =>
    Number.parseInt(header.toString('latin1', 6 + index * 8, 14 + index * 8), 16);
  const nameLength = field(11);
  const dataStart = alignTo4(position + headerSize + nameLength);
  const end = alignTo4(dataStart + field(6));
  const name = read(input, position + headerSize, Math.max(0, Math.min(nameLength - 1, 4096))).toString(
    'latin1',
  );
  if (!(end > position))
    throw new InitrdError(`${input.file} is damaged: a cpio entry of no size at byte ${position}`);
  if (dataStart > input.size || (end > input.size + 3 && name !== trailer)) {
    throw new InitrdError(`${input.file} is cut off in the entry ${JSON.stringify(name)}`);
  }
  return { name, end };
}

function alignTo4(position: number): number {
  return Math.ceil(position / 4) * 4;
}

/** Microcode and ACPI tables: Documentation/arch/x86/microcode.rst, Documentation/admin-guide/acpi/initrd_table_override.rst. */
function isEarlyName(name: string): boolean {
  const path = name.replace(/^\.?\//, '');
  return ['.', '', 'early_cpio', 'kernel'].includes(path) || path.startsWith('kernel/');
}

function skipZeros(input: Input, start: number): number {
  for (let position = start; position < input.size; ) {
    const chunk = read(input, position, 65536);
    const index = chunk.findIndex((byte) => byte !== 0);
    if (index >= 0) return position + index;
    position += chunk.length;
  }
  return input.size;
}
