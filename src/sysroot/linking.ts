/** What an ELF file tells the loader of programs: ld.so(8), elf(5). */
import { isElf, readWord, type Segment, segmentsOf, textAt, wordSize } from './elf.ts';

export interface Linking {
  /** Word size and processor: a loader takes libraries of its own kind only. */
  readonly machine: string;
  /** The loader that the kernel starts for a program (PT_INTERP); undefined for a static program, and for most libraries. */
  readonly interpreter: string | undefined;
  /** Libraries that it is linked to, by name or by path (DT_NEEDED). */
  readonly needed: readonly string[];
  /** The name that a library gives itself (DT_SONAME). */
  readonly soname: string | undefined;
  /** Directories for what it needs, and for what its libraries need (DT_RPATH). */
  readonly rpath: readonly string[];
  /** Directories for what it needs itself (DT_RUNPATH): DT_RPATH does not count beside them. */
  readonly runpath: readonly string[];
  /** Nothing is to be found for it in the default directories (DF_1_NODEFLIB). */
  readonly noDefaults: boolean;
  /** Of a loader of glibc: its default directories. */
  readonly defaults: readonly string[];
}

const [load, dynamic, interpreter] = [1, 2, 3]; // PT_LOAD, PT_DYNAMIC, PT_INTERP
const used = [load, dynamic, interpreter];
const tags = { needed: 1, strings: 5, soname: 14, rpath: 15, runpath: 29, flags1: 0x6ffffffb } as const;
const noDefaultLibraries = 0x800; // DF_1_NODEFLIB

/** As an ELF file has it; undefined for any other file. Throws SyntaxError where the file is cut off. */
export function linkingOf(elf: Buffer): Linking | undefined {
  return isElf(elf) ? readLinking(elf) : undefined;
}

/** Whether a program starts without a loader. Throws nothing: a damaged one is not static. */
export function isStatic(elf: Buffer): boolean {
  if (!isElf(elf)) return false;
  try {
    const segments = segmentsOf(elf);
    return segments.length > 0 && segments.every(({ type }) => type !== interpreter);
  } catch {
    return false;
  }
}

function readLinking(elf: Buffer): Linking {
  const segments = segmentsOf(elf);
  const end = Math.max(
    0,
    ...segments.filter(({ type }) => used.includes(type)).map((of) => of.offset + of.size),
  );
  if (end > elf.length) throw new SyntaxError(`it has ${elf.length} of ${end} bytes`);
  const entries = dynamicEntries(elf, segments);
  const values = (tag: number) => entries.flatMap((entry) => (entry.tag === tag ? [entry.value] : []));
  const address = values(tags.strings)[0];
  const strings = address === undefined ? Buffer.alloc(0) : elf.subarray(offsetOf(address, segments));
  const texts = (tag: number) => values(tag).map((start) => textAt(strings, start));
  const directories = (tag: number) => texts(tag).flatMap((text) => text.split(':').filter(Boolean));
  const [path] = segments.filter(({ type }) => type === interpreter);
  const runpath = directories(tags.runpath);
  const [soname] = texts(tags.soname);
  return {
    machine: `${wordSize(elf) * 8}:${elf.readUInt16LE(0x12)}`,
    interpreter: path && textAt(elf.subarray(path.offset, path.offset + path.size), 0),
    needed: texts(tags.needed),
    soname,
    rpath: runpath.length > 0 ? [] : directories(tags.rpath),
    runpath,
    noDefaults: values(tags.flags1).some((flags) => (flags & noDefaultLibraries) !== 0),
    defaults: /^ld(64)?[-.]/.test(soname ?? '') ? defaultsIn(elf) : [],
  };
}

function dynamicEntries(elf: Buffer, segments: readonly Segment[]) {
  const size = wordSize(elf);
  const table = segments.find(({ type }) => type === dynamic);
  const count = table ? Math.floor(table.size / (2 * size)) : 0;
  const all = Array.from({ length: count }, (_, index) => {
    const at = (table?.offset ?? 0) + index * 2 * size;
    return { tag: readWord(elf, at), value: readWord(elf, at + size) };
  });
  const end = all.findIndex(({ tag }) => tag === 0);
  return end < 0 ? all : all.slice(0, end);
}

function offsetOf(address: number, segments: readonly Segment[]): number {
  const segment = segments.find(
    (of) => of.type === load && address >= of.address && address < of.address + of.size,
  );
  if (!segment) throw new SyntaxError('its tables are in no part of it');
  return address - segment.address + segment.offset;
}

/** glibc compiles them into its loader, one behind the other: /lib64/, /usr/lib64/ or the like. */
function defaultsIn(loader: Buffer): readonly string[] {
  const [, text = ''] = /\0((?:\/[\w./+-]*lib[\w./+-]*\/\0)+)/.exec(loader.toString('latin1')) ?? [];
  return text
    .split('\0')
    .filter(Boolean)
    .map((directory) => directory.slice(0, -1));
}
