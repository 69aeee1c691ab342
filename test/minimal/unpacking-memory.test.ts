/** The memory that unpacking needs, as what was compressed tells it. */
import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { budgetChecks } from '../../src/check/budget.ts';
import type { CheckData } from '../../src/check/check.ts';
import {
  decompressorMemory,
  formatMemory,
  memoryOfFiles,
  totalMemory,
} from '../../src/minimal/unpacking-memory.ts';
import { planBoot } from '../../src/plan/plan.ts';
import { type Compression, compressArgs } from '../../src/tools/archive.ts';
import { configure } from '../config/platform-files.ts';

const MiB = 2 ** 20;

function compressed(compression: Compression, level: number, contents: Uint8Array): Buffer {
  const command = compressArgs({ compression, level, architecture: 'x86-64', size: contents.length });
  return execFileSync(command?.program ?? '', command?.args ?? [], { input: contents, maxBuffer: 64 * MiB });
}

test.each([
  ['zstd', 3, 3 * MiB, 2 * MiB],
  ['zstd', 18, 3 * MiB, 4 * MiB],
  ['zstd', 22, 3 * MiB, 4 * MiB],
  ['zstd', 22, 12 * MiB, 16 * MiB],
  ['zstd', 18, 12 * MiB, 8 * MiB],
  ['xz', 9, 3 * MiB, 3 * MiB],
  ['xz', 9, 5 * MiB, 6 * MiB],
  ['xz', 0, 3 * MiB, MiB / 4],
] as const)(
  '%s with level %j remembers of %j bytes no more than %j',
  (compression, level, size, dictionary) => {
    const memory = decompressorMemory(compression, compressed(compression, level, Buffer.alloc(size)));
    expect(memory).toBeGreaterThan(dictionary);
    expect(memory).toBeLessThanOrEqual(dictionary + MiB / 2);
  },
);

test('files take whole pages, directories and links nothing', () => {
  const file = { type: 'file', part: 'rendered', mode: 0o644, source: '/none', sha256: '' } as const;
  const entries = [
    { ...file, path: '/a', size: 1 },
    { ...file, path: '/b', size: 4096 },
    { ...file, path: '/c', size: 0 },
    { type: 'link', part: 'layout', path: '/d', target: 'a' } as const,
  ];
  expect(memoryOfFiles(entries)).toBe(8192);
});

test('the sentence adds up, and has no decompressor where there is none', () => {
  const memory = { packed: 1_000_000, files: 2_000_000, decompressor: 3_000_000 };
  expect(totalMemory(memory)).toBe(6_000_000);
  expect(formatMemory(memory)).toBe(
    'unpacking it needs 6.00 MB of memory: 1.00 MB packed, 2.00 MB of files, 3.00 MB to decompress\n',
  );
  expect(formatMemory({ ...memory, decompressor: 0 })).not.toContain('decompress');
});

test.each([
  ['0', 2 ** 40, []],
  ['8M', 8 * MiB, []],
  [
    '8M',
    8 * MiB + 1,
    [/unpacking the minimal initrd needs 8\.39 MB of memory and must need at most 8\.39 MB/],
  ],
])('MemoryLimit=%s and %j bytes', async (limit, unpackingMemory, messages) => {
  const config = configure(`Initrd.MemoryLimit=${limit}`);
  const kernel = { config: new Map() } as unknown as CheckData['kernel'];
  const data = { config, plan: planBoot(config, []), kernel, unpackingMemory } as unknown as CheckData;
  const findings = await budgetChecks.find(({ name }) => name === 'memory-of-minimal-initrd')?.run(data);
  expect(findings).toMatchObject(
    messages.map((message) => ({
      kind: 'over-budget',
      setting: 'Initrd.MemoryLimit',
      message: expect.stringMatching(message),
      hint: `MemoryLimit=${unpackingMemory}`,
    })),
  );
});
