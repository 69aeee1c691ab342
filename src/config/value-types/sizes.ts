/** Sizes and offsets in bytes, with K, M, G and T as powers of 1024. */
import type { ValueType } from './value-type.ts';

const sizeFactors: Readonly<Record<string, number>> = {
  '': 1,
  K: 1024,
  M: 1024 ** 2,
  G: 1024 ** 3,
  T: 1024 ** 4,
};

function parseSize(text: string): number | undefined {
  const match = /^(\d+)\s*([KMGT]?)$/.exec(text);
  const bytes = match ? Number(match[1]) * (sizeFactors[match[2] ?? ''] ?? 1) : Number.NaN;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Bytes as a platform file writes them: with the largest unit that leaves no fraction, such as 4M. */
export function writeSize(bytes: number): string {
  const units = Object.entries(sizeFactors).reverse();
  const [unit, factor] = units.find(([, bytesOfUnit]) => bytes > 0 && bytes % bytesOfUnit === 0) ?? ['', 1];
  return `${bytes / factor}${unit}`;
}

/** Bytes from a size; K, M, G and T are powers of 1024. */
export const size: ValueType<number> = {
  name: 'size',
  format: writeSize,
  parse(text) {
    const value = parseSize(text);
    return value === undefined ? { required: 'a size in bytes such as 4096, 512K, 4M or 1G' } : { value };
  },
};

/** A tmpfs size: bytes, or a percentage of the machine's memory. The text, as tmpfs(5) takes it too. */
export const memorySize: ValueType<string> = {
  name: 'size or percentage',
  parse(text) {
    const percent = /^(\d{1,3})%$/.exec(text);
    if (percent && Number(percent[1]) >= 1 && Number(percent[1]) <= 100) return { value: text };
    const bytes = parseSize(text);
    if (bytes !== undefined && bytes > 0) return { value: text.replace(/\s+/, '') };
    return { required: 'a size such as 64M, or 1% to 100% of the memory' };
  },
};

function writeSizeOrAuto(value: number | 'auto'): string {
  return value === 'auto' ? value : writeSize(value);
}

/** A verity hash offset: `auto`, or bytes in whole blocks. */
export const blockOffset: ValueType<number | 'auto'> = {
  name: 'auto or bytes',
  format: writeSizeOrAuto,
  parse(text) {
    if (text === 'auto') return { value: 'auto' };
    const value = parseSize(text);
    if (value === undefined) return { required: 'auto, or an offset in bytes such as 1065345024 or 1016M' };
    if (value % verityBlockSize === 0) return { value };
    const next = Math.ceil(value / verityBlockSize) * verityBlockSize;
    return {
      required: `a multiple of the block size, ${verityBlockSize}`,
      hint: `the next block starts at ${next}`,
    };
  },
};

/** An offset of whole blocks, in bytes. */
export const blockBytes: ValueType<number> = {
  name: 'bytes',
  format: writeSize,
  parse(text) {
    const parsed = blockOffset.parse(text);
    if ('required' in parsed) return { ...parsed, required: parsed.required.replace('auto, or ', '') };
    return parsed.value === 'auto'
      ? { required: 'an offset in bytes such as 8388608 or 8M' }
      : { value: parsed.value };
  },
};

/** Block size of dm-verity as veritysetup and systemd-repart make it, in bytes. */
const verityBlockSize = 4096;

/** Bytes that are compressed together: `auto`, or a power of two as squashfs and erofs both take it. */
export const imageBlockSize: ValueType<number | 'auto'> = {
  name: 'auto or bytes',
  format: writeSizeOrAuto,
  parse(text) {
    if (text === 'auto') return { value: 'auto' };
    const value = parseSize(text) ?? 0;
    const fits = value >= 4096 && value <= 1_048_576 && Number.isInteger(Math.log2(value));
    return fits ? { value } : { required: 'auto, or a power of two from 4K to 1M' };
  },
};
