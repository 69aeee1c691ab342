/** As much of ELF files (little endian; elf(5)) as a build looks at. */

/** Whether a file begins as a program, library or module. */
export function isElf(elf: Buffer): boolean {
  return elf.length >= 64 && elf.toString('latin1', 0, 4) === '\u007fELF' && elf[5] === 1;
}

/** Bytes of a word: 4 or 8. */
export function wordSize(elf: Buffer): 4 | 8 {
  return elf[4] === 1 ? 4 : 8;
}

/** An address, offset or size: one word. */
export function readWord(elf: Buffer, at: number): number {
  return wordSize(elf) === 4 ? elf.readUInt32LE(at) : Number(elf.readBigUInt64LE(at));
}

export interface Section {
  readonly name: string;
  readonly content: Buffer;
}

/** Where fields of the headers are, by the size of a word. */
const sectionFields = {
  4: { table: 0x20, entrySize: 0x2e, count: 0x30, names: 0x32, offset: 0x10, size: 0x14 },
  8: { table: 0x28, entrySize: 0x3a, count: 0x3c, names: 0x3e, offset: 0x18, size: 0x20 },
} as const;

/** The sections with their names; none of any other file. */
export function sectionsOf(elf: Buffer): readonly Section[] {
  if (!isElf(elf)) return [];
  const fields = sectionFields[wordSize(elf)];
  const start = readWord(elf, fields.table);
  const entrySize = elf.readUInt16LE(fields.entrySize);
  const count = elf.readUInt16LE(fields.count);
  if (entrySize < fields.size + 8 || start + entrySize * count > elf.length) return [];
  const headers = Array.from({ length: count }, (_, index) => {
    const header = start + index * entrySize;
    const offset = readWord(elf, header + fields.offset);
    const size = readWord(elf, header + fields.size);
    return { nameOffset: elf.readUInt32LE(header), content: elf.subarray(offset, offset + size) };
  });
  const names = headers[elf.readUInt16LE(fields.names)]?.content ?? Buffer.alloc(0);
  return headers.map(({ nameOffset, content }) => ({ name: textAt(names, nameOffset), content }));
}

export interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  /** Bytes in the file. */
  readonly size: number;
}

const segmentFields = {
  4: { table: 0x1c, entrySize: 0x2a, count: 0x2c, offset: 0x04, address: 0x08, size: 0x10 },
  8: { table: 0x20, entrySize: 0x36, count: 0x38, offset: 0x08, address: 0x10, size: 0x20 },
} as const;

/** The program headers: what is loaded where. None of any other file. Throws SyntaxError where the file is cut off. */
export function segmentsOf(elf: Buffer): readonly Segment[] {
  if (!isElf(elf)) return [];
  const fields = segmentFields[wordSize(elf)];
  const start = readWord(elf, fields.table);
  const entrySize = elf.readUInt16LE(fields.entrySize);
  const count = elf.readUInt16LE(fields.count);
  if (count > 0 && (entrySize < fields.size + 8 || start + entrySize * count > elf.length))
    throw new SyntaxError('its headers are cut off');
  return Array.from({ length: count }, (_, index) => {
    const header = start + index * entrySize;
    return {
      type: elf.readUInt32LE(header),
      offset: readWord(elf, header + fields.offset),
      address: readWord(elf, header + fields.address),
      size: readWord(elf, header + fields.size),
    };
  });
}

/** The string that begins at a place of a table of strings. */
export function textAt(strings: Buffer, start: number): string {
  return strings.subarray(start, strings.indexOf(0, start)).toString('latin1');
}
