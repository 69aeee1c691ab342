/** As much of ELF files (64 bits, little endian; elf(5)) as a build looks at. */

/** Whether a file begins as a program or library of 64 bits. */
export function isElf(elf: Buffer): boolean {
  const elf64LittleEndian = '7f454c460201';
  return elf.length >= 64 && elf.subarray(0, 6).toString('hex') === elf64LittleEndian;
}

export interface Section {
  readonly name: string;
  readonly content: Buffer;
}

/** The sections with their names; none of any other file. */
export function sectionsOf(elf: Buffer): readonly Section[] {
  if (!isElf(elf)) return [];
  const start = Number(elf.readBigUInt64LE(0x28));
  const entrySize = elf.readUInt16LE(0x3a);
  const count = elf.readUInt16LE(0x3c);
  if (entrySize < 0x40 || start + entrySize * count > elf.length) return [];
  const headers = Array.from({ length: count }, (_, index) => {
    const header = elf.subarray(start + index * entrySize, start + (index + 1) * entrySize);
    const offset = Number(header.readBigUInt64LE(0x18));
    const size = Number(header.readBigUInt64LE(0x20));
    return { nameOffset: header.readUInt32LE(0), content: elf.subarray(offset, offset + size) };
  });
  const names = headers[elf.readUInt16LE(0x3e)]?.content ?? Buffer.alloc(0);
  return headers.map(({ nameOffset, content }) => {
    const name = names.subarray(nameOffset, names.indexOf(0, nameOffset)).toString('latin1');
    return { name, content };
  });
}

/** Whether a program is one that needs no library: an ELF file without a dynamic part. */
export function isStatic(elf: Buffer): boolean {
  if (!isElf(elf)) return false;
  const start = Number(elf.readBigUInt64LE(0x20));
  const entrySize = elf.readUInt16LE(0x36);
  const count = elf.readUInt16LE(0x38);
  if (entrySize < 0x38 || start + entrySize * count > elf.length) return false;
  const dynamic = 2; // PT_DYNAMIC
  return Array.from({ length: count }, (_, index) => elf.readUInt32LE(start + index * entrySize)).every(
    (type) => type !== dynamic,
  );
}

/** Names of the libraries that a program or library is linked to (DT_NEEDED); none of any other file. */
export function neededLibraries(elf: Buffer): readonly string[] {
  const sections = sectionsOf(elf);
  const [dynamic, strings] = ['.dynamic', '.dynstr'].map(
    (wanted) => sections.find(({ name }) => name === wanted)?.content,
  );
  if (!dynamic || !strings) return [];
  const [entrySize, needed] = [16, 1n]; // Elf64_Dyn; DT_NEEDED
  return Array.from({ length: Math.floor(dynamic.length / entrySize) }, (_, index) => index * entrySize)
    .filter((at) => dynamic.readBigUInt64LE(at) === needed)
    .map((at) => {
      const start = Number(dynamic.readBigUInt64LE(at + 8));
      return strings.subarray(start, strings.indexOf(0, start)).toString('latin1');
    });
}
