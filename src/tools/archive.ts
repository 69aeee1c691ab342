/** The arguments of bsdtar(1) and of the compressors. */
import type { Command } from './run.ts';

/**
 * mtree file -> newc cpio, the format that the kernel unpacks (Documentation/driver-api/early-userspace/buffer-format.rst).
 * Two commands of one pipeline: bsdtar would write the sources' inode and device numbers into a cpio, and a tar
 * between has no place for them.
 */
export function cpioFromMtreeArgs({ mtree, output }: { mtree: string; output: string }): [Command, Command] {
  return [
    { program: 'bsdtar', args: ['--format=pax', '-cf', '-', `@${mtree}`] },
    { program: 'bsdtar', args: ['--format=newc', '-cf', output, '@-'] },
  ];
}

export type Compression = 'zstd' | 'xz' | 'gzip' | 'none';

/** zstd -19 takes a fifth longer than -18, for a thousandth of the size. */
const defaultLevels = { zstd: 18, xz: 9, gzip: 9 } as const;

/** Makes jumps of machine code alike, which saves a twentieth: the kernel needs CONFIG_XZ_DEC_X86. */
const branchFilters = { 'x86-64': ['--x86'], arm64: [] } as const;

/**
 * What a level of xz(1) takes as its dictionary, in bytes, and of zstd(1) as its window, as a power of two; levels of
 * zstd that are not here take no more than 4 MiB.
 */
const dictionaries = [2 ** 18, ...[20, 21, 22, 22, 23, 23, 24, 25, 26].map((power) => 2 ** power)];
const windows: Readonly<Record<number, number>> = { 17: 23, 18: 23, 19: 23, 20: 25, 21: 26, 22: 27 };

/** Whoever decompresses needs memory for the whole dictionary: none is larger than `size`, rounded up. */
function dictionaryOf(level: number, size: number): string {
  const dictionary = Math.max(4096, size);
  return dictionary < (dictionaries[level] ?? 0) ? `,dict=${dictionary}` : '';
}

/** From 2^27 on zstd looks for long matches too, which is not to get lost with the window. */
function windowOf(level: number, size: number): readonly string[] {
  const usual = windows[level] ?? 0;
  const power = Math.max(10, Math.ceil(Math.log2(Math.max(1, size))));
  if (power >= usual) return [];
  return [usual === 27 ? `--long=${power}` : `--zstd=wlog=${power}`];
}

export interface CompressOptions {
  readonly compression: Compression;
  readonly level: number | undefined;
  readonly architecture: 'x86-64' | 'arm64';
  /** Bytes of standard input. */
  readonly size: number;
}

/** Compresses standard input as the kernel can read it; undefined for `none`. Same input, same bytes. */
export function compressArgs({
  compression,
  level,
  architecture,
  size,
}: CompressOptions): Command | undefined {
  if (compression === 'none') return undefined;
  const number = level ?? defaultLevels[compression];
  // The kernel's xz knows no other check; zstd and gzip must not store a name, a time or depend on the cores.
  const args = {
    zstd: ['--stdout', '--quiet', '--single-thread', '--ultra', `-${number}`, ...windowOf(number, size)],
    xz: [
      '--stdout',
      '--threads=1',
      '--check=crc32',
      ...branchFilters[architecture],
      `--lzma2=preset=${number}e${dictionaryOf(number, size)}`,
    ],
    gzip: ['--stdout', '--no-name', `-${number}`],
  };
  return { program: compression, args: args[compression] };
}

/** Decompresses standard input to standard output. */
export function decompressArgs(compression: Exclude<Compression, 'none'>): Command {
  return { program: compression, args: ['--decompress', '--stdout', '--quiet'] };
}

/** Reads compressed files to their end, and fails with the name of one that is damaged. */
export function testArgs(compression: Exclude<Compression, 'none'>, files: readonly string[]): Command {
  return { program: compression, args: ['--test', '--quiet', '--', ...files] };
}
