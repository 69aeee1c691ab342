/**
 * The archives that an initrd file is made of, one behind the other
 * (Documentation/driver-api/early-userspace/buffer-format.rst): uncompressed cpio archives, such as early
 * microcode, zeros in between, at last a compressed stream or one more cpio.
 */
import { InitrdError } from '../errors.ts';
import { type Input, isCpio, read, readCpioEntry, withInput } from './newc.ts';

export interface Segment {
  /** Bytes from the start of the file. */
  readonly start: number;
  /** First byte behind the segment; the end of the file for a compressed one. */
  readonly end: number;
  readonly compression: string;
  /** True for a cpio that holds only what the kernel reads before it unpacks anything. */
  readonly early: boolean;
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

/** Finds the segments of an initrd file. Throws InitrdError. */
export function findSegments(file: string): Promise<readonly Segment[]> {
  return withInput(file, readSegments);
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
    const entry = readCpioEntry(input, position);
    if ('trailerEnd' in entry) return { start, end: entry.trailerEnd, compression: 'none', early };
    early &&= isEarlyName(entry.name.toString('latin1'));
    position = entry.next;
  }
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
