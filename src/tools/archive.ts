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

/** Compresses standard input as the kernel can read it; undefined for `none`. Same input, same bytes. */
export function compressArgs(
  compression: Compression,
  level: number | undefined,
  architecture: 'x86-64' | 'arm64',
): Command | undefined {
  if (compression === 'none') return undefined;
  const number = level ?? defaultLevels[compression];
  // The kernel's xz knows no other check; zstd and gzip must not store a name, a time or depend on the cores.
  const args = {
    zstd: ['--stdout', '--quiet', '--single-thread', '--ultra', `-${number}`],
    xz: [
      '--stdout',
      '--threads=1',
      '--check=crc32',
      ...branchFilters[architecture],
      `--lzma2=preset=${number}e`,
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
