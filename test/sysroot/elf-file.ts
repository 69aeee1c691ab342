/** Small ELF files (64 bits, little endian; elf(5)): what a loader is told, and sections, without any code. */

export interface ElfFile {
  readonly interpreter?: string;
  readonly needed?: readonly string[];
  readonly soname?: string;
  readonly rpath?: string;
  readonly runpath?: string;
  /** DF_1_NODEFLIB. */
  readonly noDefaults?: boolean;
  /** e_machine; by default that of x86-64. */
  readonly machine?: number;
  /** Other strings, as names of functions are. */
  readonly symbols?: readonly string[];
  /** Bytes that are nowhere named. */
  readonly data?: string;
  /** Sections besides .dynstr. */
  readonly sections?: Readonly<Record<string, Buffer>>;
}

const word = (...values: readonly number[]) => {
  const bytes = Buffer.alloc(8 * values.length);
  for (const [index, value] of values.entries()) bytes.writeBigUInt64LE(BigInt(value), 8 * index);
  return bytes;
};
const small = (size: 2 | 4, ...values: readonly number[]) => {
  const bytes = Buffer.alloc(size * values.length);
  for (const [index, value] of values.entries()) bytes.writeUIntLE(value, size * index, size);
  return bytes;
};
const texts = (values: readonly string[]) => Buffer.from(values.map((value) => `${value}\0`).join(''));

const address = 0x400000;

export function elfFile(file: ElfFile = {}): Buffer {
  const needed = file.needed ?? [];
  const named = [
    ...needed.map((name) => [1, name] as const),
    ...(['soname', 'rpath', 'runpath'] as const).flatMap((key) => {
      const value = file[key];
      return value === undefined ? [] : [[{ soname: 14, rpath: 15, runpath: 29 }[key], value] as const];
    }),
  ];
  const strings = texts(['', ...named.map(([, value]) => value), ...(file.symbols ?? [])]);
  const dynamicEntries = named.length + (file.noDefaults ? 1 : 0) + 2;
  const isDynamic = named.length > 0 || file.interpreter !== undefined;
  const contents = {
    '.interp': texts(file.interpreter === undefined ? [] : [file.interpreter]),
    '.dynstr': strings,
    '.dynamic': Buffer.alloc(isDynamic ? 16 * dynamicEntries : 0),
    '.rodata': texts(['', file.data ?? '']),
    ...file.sections,
  };
  const names = texts(['', ...Object.keys(contents), '.shstrtab']);
  const all = Object.entries({ ...contents, '.shstrtab': names });
  const segmentCount = 1 + (isDynamic ? 1 : 0) + (file.interpreter === undefined ? 0 : 1);
  const places = new Map<string, number>();
  let end = 64 + 56 * segmentCount;
  for (const [name, content] of all) {
    end = Math.ceil(end / 8) * 8;
    places.set(name, end);
    end += content.length;
  }
  const at = (name: string) => places.get(name) ?? 0;
  if (isDynamic)
    word(
      ...named.flatMap(([tag, value]) => [tag, strings.indexOf(`\0${value}\0`) + 1]),
      ...(file.noDefaults ? [0x6ffffffb, 0x800] : []),
      ...[5, address + at('.dynstr'), 0, 0],
    ).copy(contents['.dynamic']);
  const segment = (type: number, offset: number, size: number) =>
    Buffer.concat([small(4, type, 5), word(offset, address + offset, address + offset, size, size, 8)]);
  const ofSection = (type: number, name: '.interp' | '.dynamic') =>
    segment(type, at(name), contents[name].length);
  const header = Buffer.concat([
    Buffer.from('7f454c46020101000000000000000000', 'hex'),
    small(2, 3, file.machine ?? 62),
    small(4, 1),
    word(0, 64, end),
    small(4, 0),
    small(2, 64, 56, segmentCount, 64, all.length, all.length - 1),
    ...(file.interpreter === undefined ? [] : [ofSection(3, '.interp')]),
    segment(1, 0, end),
    ...(isDynamic ? [ofSection(2, '.dynamic')] : []),
  ]);
  const sectionHeaders = all.map(([name, content]) =>
    Buffer.concat([
      small(4, names.indexOf(`\0${name}\0`) + 1, 1),
      word(0, 0, at(name), content.length),
      small(4, 0, 0),
      word(8, 0),
    ]),
  );
  const bytes = Buffer.alloc(end);
  header.copy(bytes);
  for (const [name, content] of all) content.copy(bytes, at(name));
  return Buffer.concat([bytes, ...sectionHeaders]);
}
