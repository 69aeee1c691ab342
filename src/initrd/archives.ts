/**
 * The archives that an initrd is made of, one behind the other, as the kernel finds them (init/initramfs.c, unpack_to_rootfs;
 * Documentation/driver-api/early-userspace/buffer-format.rst): cpio archives, compressed streams of such, zeros between, and at
 * last a bootconfig.
 */
import { closeSync, mkdtempSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InitrdError } from '../errors.ts';
import { readBootconfig } from './bootconfig.ts';
import { compressionAt } from './compressions/compressions.ts';
import { type Input, inputOf, skipZeros } from './input.ts';
import { type CpioEntry, isCpio, readCpio } from './newc.ts';
import { unwrapInitrd } from './unwrap.ts';

export interface Archive {
  /** Counts from 1; archives in one compressed stream have the same number. */
  readonly number: number;
  /** Bytes of the initrd that it takes, with the zeros in front of it left out. */
  readonly start: number;
  readonly end: number;
  readonly compression: string;
  /** True for what the kernel reads before it unpacks anything: microcode and ACPI tables, uncompressed. */
  readonly early: boolean;
  readonly entries: readonly CpioEntry[];
  /** Whether its trailer is there. */
  readonly trailer: boolean;
}

export interface Initrd {
  readonly size: number;
  readonly archives: readonly Archive[];
  /** Text for the kernel that is no part of any archive: a bootconfig, sections of a unified kernel image. */
  readonly texts: ReadonlyMap<string, string>;
}

export interface ReadOptions {
  /** An existing directory for what is decompressed. */
  readonly work: string;
  /** Bytes that the initrd may have, and each archive when it is decompressed; by default 4 GiB. */
  readonly limit?: number | undefined;
}

/** The most that a file in a cpio can have. */
const largestInitrd = 4 * 1024 ** 3;

/**
 * Reads an initrd, also that of a unified kernel image or of a kernel (unwrap.ts); its data can be read for as long as `use` runs.
 * Throws InitrdError with the archive's number and the byte, ToolError.
 */
export async function withInitrd<T>(
  name: string,
  { work, limit = largestInitrd }: ReadOptions,
  use: (initrd: Initrd) => T | Promise<T>,
): Promise<T> {
  const { size } = statSync(name);
  if (size > limit) throw new InitrdError(`${name} has more than ${limit} bytes: it is no initrd`);
  const { file, texts } = await unwrapInitrd(name, { work, limit });
  const opened: number[] = [];
  const open = (path: string, called: string) => {
    opened.push(openSync(path, 'r'));
    return inputOf(opened.at(-1) as number, called);
  };
  try {
    const whole = open(file, name);
    const bootconfig = readBootconfig(whole);
    const input = { ...whole, size: bootconfig?.start ?? whole.size };
    const archives = await readArchives({ file, input, work, limit, open });
    const all = new Map([...texts, ...(bootconfig ? ([['bootconfig', bootconfig.text]] as const) : [])]);
    return await use({ size, archives, texts: all });
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
}

interface Reader {
  readonly file: string;
  readonly input: Input;
  readonly work: string;
  readonly limit: number;
  readonly open: (path: string, name: string) => Input;
}

async function readArchives(reader: Reader): Promise<readonly Archive[]> {
  const { input } = reader;
  const archives: Archive[] = [];
  for (let start = skipZeros(input, 0), behindCpio = false; start < input.size; ) {
    const number = (archives.at(-1)?.number ?? 0) + 1;
    // Where the kernel goes on behind a cpio, and where a cpio begins, is at a multiple of 4.
    const cpio = isCpio(input, start);
    if ((cpio || behindCpio) && start % 4 !== 0)
      throw new InitrdError(
        `${input.name} has archive ${number} at byte ${start}, which is no multiple of 4: the kernel does not find it there`,
      );
    const found = await named(number, start, async () =>
      cpio ? [readPlain(input, number, start)] : await readStream(reader, number, start),
    );
    archives.push(...found);
    behindCpio = cpio;
    start = skipZeros(input, found.at(-1)?.end ?? input.size);
  }
  if (archives.length === 0) throw new InitrdError(`${input.name} is empty`);
  return archives;
}

/** Says of what is wrong in which archive it is. */
async function named<T>(number: number, start: number, readOne: () => Promise<T>): Promise<T> {
  try {
    return await readOne();
  } catch (error) {
    if (!(error instanceof InitrdError)) throw error;
    throw new InitrdError(`${error.message} (archive ${number}, which begins at byte ${start})`);
  }
}

function readPlain(input: Input, number: number, start: number): Archive {
  const cpio = readCpio(input, start);
  const early = cpio.entries.every(({ name }) => isEarlyName(name.toString('latin1')));
  return { number, start, compression: 'none', early, ...cpio };
}

/** The archives of one compressed stream. */
async function readStream(reader: Reader, number: number, start: number): Promise<readonly Archive[]> {
  const { file, input, work, limit } = reader;
  const compression = compressionAt(input, start);
  if (!compression)
    throw new InitrdError(
      `${input.name} is not an initrd: neither a newc cpio nor a compression that a kernel knows, at byte ${start}`,
    );
  const output = join(mkdtempSync(join(work, 'archive-')), 'content');
  const end = await compression.unpack({ file, input, start, output, limit });
  const content = reader.open(output, `${input.name}, with its ${compression.name} unpacked,`);
  return readContent(content).map((cpio) => ({
    number,
    start,
    compression: compression.name,
    early: false,
    ...cpio,
    end,
  }));
}

/** In a stream there are archives and zeros between them, and nothing else. */
function readContent(input: Input): readonly ReturnType<typeof readCpio>[] {
  const archives: ReturnType<typeof readCpio>[] = [];
  for (let start = skipZeros(input, 0); start < input.size; ) {
    if (!isCpio(input, start) || start % 4 !== 0)
      throw new InitrdError(`${input.name} has something at byte ${start} that is no newc cpio`);
    archives.push(readCpio(input, start));
    start = skipZeros(input, archives.at(-1)?.end ?? input.size);
  }
  if (archives.length === 0) throw new InitrdError(`${input.name} is empty`);
  return archives;
}

/** Microcode and ACPI tables: Documentation/arch/x86/microcode.rst, Documentation/admin-guide/acpi/initrd_table_override.rst. */
function isEarlyName(name: string): boolean {
  const path = name.replace(/^\.?\//, '');
  return ['.', '', 'early_cpio', 'kernel'].includes(path) || path.startsWith('kernel/');
}
