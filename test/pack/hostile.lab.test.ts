/** Full initrds that nobody would make by accident: packing ends with an error that says why, and writes nothing. */
import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { imageFormatOf } from '../../src/config/image-format.ts';
import { packFullInitrd } from '../../src/pack/pack.ts';
import { configure } from '../config/platform-files.ts';
import { openLab } from '../lab/lab.ts';

const lab = openLab();
const work = mkdtempSync(join(lab.shared, 'hostile-'));
afterAll(() => rmSync(work, { recursive: true }));
const probe = join(lab.shared, 'probe.cpio');
const compressed = join(work, 'probe.cpio.gz');
const format = imageFormatOf(configure('FullInitrd.FileSystem=squashfs').settings);

let runs = 0;
/** Packs in a directory of its own; gives the error, and requires that nothing is left outside of it. */
async function pack(initrd: string, sizeLimit?: number): Promise<Error | undefined> {
  runs += 1;
  const directory = join(work, `run-${runs}`);
  mkdirSync(join(directory, 'work'), { recursive: true });
  const before = readdirSync(work);
  try {
    await packFullInitrd({
      initrd,
      format,
      sizeLimit,
      output: join(directory, 'image'),
      work: join(directory, 'work'),
    });
    return undefined;
  } catch (error) {
    return error as Error;
  } finally {
    expect(readdirSync(work)).toEqual(before);
    expect(readdirSync(directory).filter((name) => !['image', 'work'].includes(name))).toEqual([]);
    rmSync(directory, { recursive: true });
  }
}

beforeAll(() => {
  writeFileSync(compressed, spawnSync('gzip', ['-c', probe], { maxBuffer: 2 ** 28 }).stdout);
});

test('the sound ones are packed', async () => {
  expect(await pack(probe)).toBeUndefined();
  expect(await pack(compressed)).toBeUndefined();
});

test('one that never ends when it is decompressed is ended', async () => {
  const endless = join(work, 'endless.gz');
  writeFileSync(
    endless,
    spawnSync('sh', ['-c', 'head -c 50M /dev/zero | gzip -c'], { maxBuffer: 2 ** 28 }).stdout,
  );
  const error = await pack(endless, 8 * 1024 * 1024);
  expect(error?.message).toMatch(
    /endless\.gz has more than 8388608 bytes when it is decompressed: it is no initrd/,
  );
});

test('one of zeros, as large as a disk, is refused at once', async () => {
  const zeros = join(work, 'zeros');
  writeFileSync(zeros, '');
  truncateSync(zeros, 5 * 1024 ** 3);
  expect((await pack(zeros))?.message).toMatch(/zeros has more than 4294967296 bytes: it is no initrd/);
  truncateSync(zeros, 1024 ** 2);
  expect((await pack(zeros))?.message).toMatch(/zeros/);
});

test('a file that says it has 4 GB is refused', async () => {
  const huge = join(work, 'huge');
  const bytes = readFileSync(probe);
  // The size of the first entry that has data: its field is behind the magic and six others.
  const entry = bytes.indexOf('0707', 110);
  bytes.write('fffffff0', entry + 6 + 6 * 8, 'latin1');
  writeFileSync(huge, bytes);
  expect((await pack(huge))?.message).toMatch(/huge is cut off in the entry/);
});

/** A generator of numbers that gives the same ones each time. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    yield state;
  }
}

test.each([
  ['plain', probe],
  ['compressed', ''],
])('%s, cut off or with bytes that are others: packed, or refused with words', async (_, plain) => {
  const bytes = readFileSync(plain || compressed);
  const random = numbers(7);
  for (let round = 0; round < 12; round += 1) {
    const changed = Buffer.from(bytes);
    for (let count = 0; count < 4; count += 1)
      changed[random.next().value % changed.length] = random.next().value % 256;
    const file = join(work, 'changed');
    writeFileSync(
      file,
      round % 3 === 0 ? changed.subarray(0, random.next().value % changed.length) : changed,
    );
    const error = await pack(file);
    if (error) expect(['InitrdError', 'ToolError']).toContain(error.name);
  }
});
