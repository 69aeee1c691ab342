/** The kinds of compression that a kernel can know (lib/decompress.c), each a file of its own. */
import { InitrdError } from '../../errors.ts';
import { type Input, read } from '../input.ts';
import { bzip2 } from './bzip2.ts';
import type { Compression } from './compression.ts';
import { gzip } from './gzip.ts';
import { lz4 } from './lz4.ts';
import { lzo } from './lzo.ts';
import { lzma, xz } from './xz.ts';
import { zstd } from './zstd.ts';

const compressions: readonly Compression[] = [zstd, gzip, xz, lzma, bzip2, lz4, lzo];

/** How streams begin that a kernel's build makes of an initramfs: longer than what the kernel looks at, to find them among other bytes. */
export const kernelMagics: readonly Buffer[] = [
  '28b52ffd',
  '1f8b0800',
  'fd377a585a00',
  '5d00000004ffffffffffffffff',
  '5d00008000ffffffffffffffff',
  '5d00000001ffffffffffffffff',
  '5d00000002ffffffffffffffff',
  '425a6839314159265359',
  '02214c18',
  '894c5a4f000d0a1a0a',
].map((magic) => Buffer.from(magic, 'hex'));

/** What looks like a compressed archive to people and not to the kernel. */
const unknownToKernels: Readonly<Record<string, string>> = {
  '04224d18': 'lz4 in its frame format, which no kernel unpacks: make it with `lz4 -l`',
  '1f8b': 'gzip with another method than deflate',
  '1f9e': 'gzip of an old release',
  '1f9d': 'compress (.Z), which no kernel unpacks',
  '504b0304': 'a zip file',
  '526172211a07': 'a rar file',
  '377abcaf271c': 'a 7z file',
};

/** The compression of the stream at `start`. Throws InitrdError for one that no kernel unpacks; undefined where there is none. */
export function compressionAt(input: Input, start: number): Compression | undefined {
  const head = read(input, start, 16).toString('hex');
  const known = compressions.find(({ magic }) => head.startsWith(magic));
  if (known) return known;
  const skippable = /^5[0-9a-f]2a4d18/.test(head)
    ? 'zstd that begins with a skippable frame, which no kernel unpacks'
    : undefined;
  const what = skippable ?? Object.entries(unknownToKernels).find(([magic]) => head.startsWith(magic))?.[1];
  if (what) throw new InitrdError(`${input.name} has ${what}, at byte ${start}`);
  return undefined;
}
