/** The initramfs that is built into a kernel (CONFIG_INITRAMFS_SOURCE), found in the kernel's file. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { constants, gunzipSync } from 'node:zlib';
import { InitrdError } from '../errors.ts';
import { compressionAt, kernelMagics } from './compressions/compressions.ts';
import { type Input, read, withInput } from './input.ts';
import { isCpio, readCpio } from './newc.ts';

/** Where the kernel itself is in a file: as it is, or compressed from byte `start` to before byte `end`. */
type Payload = 'plain' | { readonly start: number; readonly end: number };

/** The payload of a kernel's file; undefined for what is no kernel. */
function payloadOf(input: Input): Payload | undefined {
  const head = read(input, 0, 0x264);
  const has = (text: string, at: number) => head.toString('latin1', at, at + text.length) === text;
  // Documentation/arch/x86/boot.rst: the setup's sectors, and the payload counted from behind them.
  if (has('HdrS', 0x202) && head.length >= 0x250) {
    const start = ((head[0x1f1] || 4) + 1) * 512 + head.readUInt32LE(0x248);
    return { start, end: start + head.readUInt32LE(0x24c) };
  }
  // drivers/firmware/efi/libstub/zboot-header.S
  if (has('MZ', 0) && has('zimg', 4)) {
    const start = head.readUInt32LE(8);
    return { start, end: start + head.readUInt32LE(12) };
  }
  // Documentation/arch/arm64/booting.rst; and vmlinux, an ELF file.
  if (has('ARM\u0064', 0x38) || has('\u007fELF', 0)) return 'plain';
  return compressedImage(input);
}

/** Image.gz: gzip of a kernel for arm64. */
function compressedImage(input: Input): Payload | undefined {
  const head = read(input, 0, 65536);
  if (head.toString('hex', 0, 2) !== '1f8b') return undefined;
  try {
    const begin = gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH });
    return begin.toString('latin1', 0x38, 0x3c) === 'ARM\u0064' ? { start: 0, end: input.size } : undefined;
  } catch {
    return undefined;
  }
}

export interface KernelOptions {
  /** Bytes that the kernel may have when it is decompressed. */
  readonly limit: number;
  /** An existing directory for what is decompressed. */
  readonly work: string;
}

/** A built-in initramfs: the file that has it, and its bytes there. */
export interface BuiltIn {
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

/** Undefined for a file that is no kernel; `none` for a kernel without an initramfs of its own. Throws InitrdError, ToolError. */
export async function findBuiltIn(
  file: string,
  options: KernelOptions,
): Promise<BuiltIn | 'none' | undefined> {
  const kernel = await withInput(file, (input) => decompressKernel(file, input, options));
  if (kernel === undefined) return undefined;
  return withInput(kernel, (input) => search(kernel, input, options));
}

/** The file of the kernel as it is in memory. */
async function decompressKernel(
  file: string,
  input: Input,
  { work, limit }: KernelOptions,
): Promise<string | undefined> {
  const payload = payloadOf(input);
  if (payload === undefined || payload === 'plain') return payload && file;
  if (payload.end > input.size)
    throw new InitrdError(`${file} is cut off: its kernel ends at byte ${payload.end}`);
  const compression = compressionAt(input, payload.start);
  if (!compression) throw new InitrdError(`${file} is a kernel with a compression that is not known`);
  const output = join(mkdtempSync(join(work, 'kernel-')), 'kernel');
  // Behind all but gzip the kernel's build writes the size of the content in four bytes (scripts/Makefile.lib).
  const end = compression.name === 'gzip' ? payload.end : payload.end - 4;
  await compression.unpack({ file, input: { ...input, size: end }, start: payload.start, output, limit });
  return output;
}

/** Behind the archive the kernel has its size, at a multiple of 8 (usr/initramfs_data.S): that tells an archive from what looks like one. */
async function search(file: string, input: Input, options: KernelOptions): Promise<BuiltIn | 'none'> {
  const bytes = read(input, 0, input.size);
  for (const { start, endOf } of candidates(bytes, file, input, options)) {
    const end = await endOf();
    const size = end === undefined ? undefined : sizeBehind(bytes, start, end);
    if (size !== undefined) return isEmptyOne(input, start) ? 'none' : { file, start, end: start + size };
  }
  return 'none';
}

interface Candidate {
  readonly start: number;
  /** Undefined for what only looks like one. */
  readonly endOf: () => Promise<number | undefined>;
}

/** What begins as an archive or a compressed one does, at a multiple of 4. */
function* candidates(
  bytes: Buffer,
  file: string,
  input: Input,
  { work, limit }: KernelOptions,
): Generator<Candidate> {
  for (const start of placesOf(bytes, Buffer.from('07070')))
    if (isCpio(input, start))
      yield { start, endOf: () => unlessDamaged(async () => readCpio(input, start).end) };
  for (const magic of kernelMagics)
    for (const start of placesOf(bytes, magic)) {
      const compression = compressionAt(input, start);
      if (!compression) continue;
      const directory = mkdtempSync(join(work, 'built-in-'));
      const output = join(directory, 'content');
      const unpack = () => compression.unpack({ file, input, start, output, limit });
      // Many places only look like a stream, and what comes of them could fill the disk.
      const endOf = () => unlessDamaged(unpack).finally(() => rmSync(directory, { recursive: true }));
      yield { start, endOf };
    }
}

function* placesOf(bytes: Buffer, magic: Buffer): Generator<number> {
  for (let at = bytes.indexOf(magic); at >= 0; at = bytes.indexOf(magic, at + 1)) if (at % 4 === 0) yield at;
}

/** An archive may be filled up with zeros. */
const mostZeros = 1024;

/** The size that is written behind an archive of at least `end - start` bytes. */
function sizeBehind(bytes: Buffer, start: number, end: number): number | undefined {
  for (let at = alignTo8(end); at + 8 <= bytes.length && at <= end + mostZeros; at += 8) {
    const size = Number(bytes.readBigUInt64LE(at));
    if (size >= end - start && alignTo8(start + size) === at) return size;
  }
  return undefined;
}

function alignTo8(position: number): number {
  return Math.ceil(position / 8) * 8;
}

/** The archive of a kernel for which none is named (usr/default_cpio_list). */
function isEmptyOne(input: Input, start: number): boolean {
  if (!isCpio(input, start)) return false;
  const names = readCpio(input, start).entries.map(({ name }) => name.toString('latin1').replace(/^\//, ''));
  return names.every((name) => ['dev', 'dev/console', 'root'].includes(name));
}

async function unlessDamaged(findEnd: () => Promise<number>): Promise<number | undefined> {
  try {
    return await findEnd();
  } catch (error) {
    if (!(error instanceof InitrdError)) throw error;
    return undefined;
  }
}
