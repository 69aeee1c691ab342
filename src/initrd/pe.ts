/** The sections of a PE file (Microsoft's PE format), which EFI programs and unified kernel images are. */
import { InitrdError } from '../errors.ts';
import { type Input, type Range, read } from './input.ts';

export interface PeSection {
  readonly name: string;
  readonly data: Range;
}

const [headerSize, sectionSize] = [24, 40];

/** The sections in their order; undefined for a file of another kind. Throws InitrdError where one is not in the file. */
export function readPeSections(input: Input): readonly PeSection[] | undefined {
  const found = readHeader(input);
  if (!found) return undefined;
  const { at, header } = found;
  const table = at + headerSize + header.readUInt16LE(20);
  const count = header.readUInt16LE(6);
  const rows = read(input, table, count * sectionSize);
  if (rows.length < count * sectionSize)
    throw new InitrdError(`${input.name} is cut off in its table of sections`);
  return Array.from({ length: count }, (_, index) =>
    readSection(input, rows.subarray(index * sectionSize, (index + 1) * sectionSize)),
  );
}

/** The header, and its place in the file; undefined for a file of another kind. */
function readHeader(input: Input): { readonly at: number; readonly header: Buffer } | undefined {
  const start = read(input, 0, 64);
  if (start.length < 64 || start.toString('latin1', 0, 2) !== 'MZ') return undefined;
  const at = start.readUInt32LE(0x3c);
  const header = read(input, at, headerSize);
  if (header.length < headerSize || header.toString('latin1', 0, 4) !== 'PE\0\0') return undefined;
  return { at, header };
}

/** What a section has in the file may be filled up: its size in memory is that of its content. */
function readSection(input: Input, row: Buffer): PeSection {
  const name = row.toString('latin1', 0, 8).replace(/\0+$/, '');
  const [inMemory, inFile, start] = [8, 16, 20].map((offset) => row.readUInt32LE(offset)) as [
    number,
    number,
    number,
  ];
  const end = start + Math.min(inMemory, inFile);
  if (end > input.size) throw new InitrdError(`${input.name} is cut off in its section ${name}`);
  return { name, data: { input, start, end } };
}

/** Architectures by the machine in a PE file's header. */
const machineNames: ReadonlyMap<number, string> = new Map([
  [0x8664, 'x86-64'],
  [0xaa64, 'arm64'],
  [0x14c, 'x86'],
  [0x1c0, 'arm'],
  [0x5064, 'riscv64'],
  [0x6264, 'loongarch64'],
]);

/** What processor a PE file is for; undefined for a file of another kind. */
export function readPeMachine(input: Input): string | undefined {
  const header = readHeader(input)?.header;
  if (!header) return undefined;
  const machine = header.readUInt16LE(4);
  return machineNames.get(machine) ?? `machine 0x${machine.toString(16)}`;
}
