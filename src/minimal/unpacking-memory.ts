/** How much memory the kernel needs while it unpacks the minimal initrd. */
import { formatBytes } from '../text/bytes.ts';
import type { Compression } from '../tools/archive.ts';
import type { Entry } from './entries.ts';

/** Bytes: there at the same time are the packed initrd, the files, and what the decompressor works in. */
export interface UnpackingMemory {
  readonly packed: number;
  readonly files: number;
  readonly decompressor: number;
}

/** All of it, in bytes. */
export function totalMemory({ packed, files, decompressor }: UnpackingMemory): number {
  return packed + files + decompressor;
}

/** A sentence for people. */
export function formatMemory(memory: UnpackingMemory): string {
  const { packed, files, decompressor } = memory;
  const parts = [
    `${formatBytes(packed)} packed`,
    `${formatBytes(files)} of files`,
    ...(decompressor > 0 ? [`${formatBytes(decompressor)} to decompress`] : []),
  ];
  return `unpacking it needs ${formatBytes(totalMemory(memory))} of memory: ${parts.join(', ')}\n`;
}

const page = 4096;

/** Bytes that the files of an initrd take in memory: ramfs and tmpfs have whole pages. */
export function memoryOfFiles(entries: readonly Entry[]): number {
  return entries.reduce(
    (sum, entry) => sum + (entry.type === 'file' ? Math.ceil(entry.size / page) * page : 0),
    0,
  );
}

/** What a decompressor of the kernel works in besides its dictionary, in bytes, rounded up: lib/decompress_*.c. */
const besides = { zstd: 512 * 1024, xz: 64 * 1024, gzip: 64 * 1024 } as const;

/** Bytes that the kernel's decompressor needs for a `packed` archive: what it must remember of its own output, and a little. */
export function decompressorMemory(compression: Compression, packed: Uint8Array): number {
  if (compression === 'none') return 0;
  return besides[compression] + dictionaryIn[compression](packed);
}

const dictionaryIn = { zstd: windowOfZstd, xz: dictionaryOfXz, gzip: () => 32 * 1024 } as const;

/** The window of a zstd frame that does not tell its size: RFC 8878, 3.1.1.1. */
function windowOfZstd(packed: Uint8Array): number {
  const descriptor = packed[5] ?? 0;
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

const idOfLzma2 = 0x21;

/** The dictionary of the first block of an .xz file: the .xz file format, 3.1 and 5.3.1. Sizes are not stored in a stream. */
function dictionaryOfXz(packed: Uint8Array): number {
  let at = 14; // behind the stream's header, and size and flags of the block's
  while (packed[at] !== idOfLzma2) at += 2 + (packed[at + 1] ?? 0);
  const bits = packed[at + 2] ?? 0;
  return (2 | (bits & 1)) * 2 ** ((bits >> 1) + 11);
}
