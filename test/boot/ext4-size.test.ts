import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { ext4SizeFor } from '../../src/boot/ext4-size.ts';
import { ext4FromDirectoryArgs } from '../../src/tools/images.ts';
import { run } from '../../src/tools/run.ts';

const work = mkdtempSync(join(tmpdir(), 'bootrelay-ext4-'));
afterAll(() => rmSync(work, { recursive: true }));

const mebibyte = 1024 ** 2;
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
const bytes = (length: number) => Buffer.alloc(length, 'x');

const trees: Readonly<Record<string, (directory: string) => void>> = {
  'an empty directory': () => {},
  'a file of 100 MB': (directory) => writeFileSync(join(directory, 'a'), bytes(100 * mebibyte)),
  '20 files of 8 MB': (directory) => {
    for (const name of numbers(20)) writeFileSync(join(directory, `${name}`), bytes(8 * mebibyte));
  },
  '40 directories of 500 empty files': (directory) => {
    for (const outer of numbers(40)) {
      mkdirSync(join(directory, `${outer}`));
      for (const name of numbers(500)) writeFileSync(join(directory, `${outer}/${name}`), '');
    }
  },
  '1000 names of 250 characters': (directory) => {
    for (const name of numbers(1000)) writeFileSync(join(directory, `${name}`.padStart(250, '0')), '');
  },
  '500 links as long as they can be': (directory) => {
    for (const name of numbers(500)) symlinkSync('x'.repeat(4095), join(directory, `${name}`));
  },
  '100 names of one file of 10 MB': (directory) => {
    writeFileSync(join(directory, 'a'), bytes(10 * mebibyte));
    for (const name of numbers(99)) linkSync(join(directory, 'a'), join(directory, `${name}`));
  },
  'a file of holes, 1 GB': (directory) => {
    writeFileSync(join(directory, 'a'), '');
    truncateSync(join(directory, 'a'), 1024 * mebibyte);
  },
  'a file every other block of which is a hole': (directory) => {
    const pattern = Buffer.concat([bytes(4096), Buffer.alloc(4096)]);
    writeFileSync(join(directory, 'a'), Buffer.concat(numbers(4096).map(() => pattern)));
  },
};

test.each(Object.entries(trees))('an ext4 has room for %s, and what must stay free', async (name, make) => {
  const directory = join(work, name.replaceAll(/\W/g, '-'));
  mkdirSync(directory);
  make(directory);
  const free = 32 * mebibyte;
  const size = ext4SizeFor(directory, free);
  const image = `${directory}.img`;
  await run(ext4FromDirectoryArgs(image, directory, size, 'b0074e1a-0000-4000-8000-000000000003'));
  const left = freeOf(image);
  expect(left.bytes).toBeGreaterThan(free / 2);
  expect(left.inodes).toBeGreaterThan(10_000);
  rmSync(directory, { recursive: true });
  rmSync(image);
});

test('names of one file count once', () => {
  const directory = join(work, 'links');
  mkdirSync(directory);
  writeFileSync(join(directory, 'a'), bytes(10 * mebibyte));
  const once = ext4SizeFor(directory, 0);
  linkSync(join(directory, 'a'), join(directory, 'b'));
  expect(ext4SizeFor(directory, 0)).toEqual(once);
});

/** What an ext4 still takes (dumpe2fs(8)). */
function freeOf(image: string): { readonly bytes: number; readonly inodes: number } {
  const text = execFileSync('dumpe2fs', ['-h', image], { encoding: 'utf8', stdio: 'pipe' });
  const value = (key: string) => Number(new RegExp(`^${key}:\\s*(\\d+)$`, 'm').exec(text)?.[1]);
  return { bytes: value('Free blocks') * value('Block size'), inodes: value('Free inodes') };
}
