/** How much of the minimal initrd each part takes. */
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { deflateRaw } from 'node:zlib';
import { formatBytes } from '../text/bytes.ts';
import { type Entry, type Part, parts } from './entries.ts';

export interface PartSize {
  readonly part: Part;
  readonly files: number;
  /** Bytes before compression. */
  readonly size: number;
  /** The part's share of the compressed image, 0 to 1: estimated with deflate, file by file. */
  readonly share: number;
}

const deflate = promisify(deflateRaw);

/** How many bytes each part of the initrd has, and its share of what is compressed. */
export async function measureParts(entries: readonly Entry[]): Promise<readonly PartSize[]> {
  const all = await Promise.all(parts.map((part) => measurePart(entries, part)));
  const measured = all.filter(({ files }) => files > 0);
  const total = measured.reduce((sum, { deflated }) => sum + deflated, 0);
  return measured.map(({ part, files, size, deflated }) => ({ part, files, size, share: deflated / total }));
}

async function measurePart(entries: readonly Entry[], part: Part) {
  const files = entries
    .filter((entry) => entry.part === part)
    .flatMap((entry) => (entry.type === 'file' ? [entry] : []));
  const packed = await Promise.all(files.map(({ source }) => deflate(readFileSync(source), { level: 1 })));
  const deflated = packed.map(({ length }) => length);
  return {
    part,
    files: files.length,
    size: files.reduce((sum, { size }) => sum + size, 0),
    deflated: deflated.reduce((sum, length) => sum + length, 0),
  };
}

/** The table as text. `size` is that of the compressed image, `budget` 0 for none, both in bytes. */
export function formatSizeTable(table: readonly PartSize[], size: number, budget: number): string {
  const rows = table.map(({ part, files, size: bytes, share }) =>
    formatRow(
      part,
      String(files),
      formatBytes(bytes),
      `~${formatBytes(share * size)}`,
      `${Math.round(share * 100)} %`,
    ),
  );
  const files = table.reduce((sum, row) => sum + row.files, 0);
  const bytes = table.reduce((sum, row) => sum + row.size, 0);
  const used =
    budget === 0 ? 'no budget' : `${Math.round((size / budget) * 100)} % of ${formatBytes(budget)}`;
  return [
    formatRow('part', 'files', 'size', 'packed', 'share'),
    ...rows,
    `${formatRow('all', String(files), formatBytes(bytes), formatBytes(size), '100 %')}   ${used}`,
    '',
  ].join('\n');
}

function formatRow(part: string, files: string, size: string, packed: string, share: string): string {
  return `${part.padEnd(10)}${files.padStart(6)}${size.padStart(12)}${packed.padStart(12)}${share.padStart(7)}`;
}
