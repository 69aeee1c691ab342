import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { replaceFile } from '../../src/host/replace-file.ts';

const work = mkdtempSync(join(tmpdir(), 'bootrelay-replace-'));
afterAll(() => rmSync(work, { recursive: true }));
const file = join(work, 'below/output');

test('the old file is there until the new one is whole, and nothing is left beside it', async () => {
  expect(await replaceFile(file, (fresh) => writeFileSync(fresh, 'old'))).toBeUndefined();
  const result = await replaceFile(file, (fresh) => {
    writeFileSync(fresh, 'new');
    expect(readFileSync(file, 'utf8')).toBe('old');
    expect(statSync(dirname(fresh)).mode & 0o777).toBe(0o700);
    return 7;
  });
  expect(result).toBe(7);
  expect(readFileSync(file, 'utf8')).toBe('new');
  expect(readdirSync(dirname(file))).toEqual(['output']);
});

test('the old file stays where none is made, or making it fails', async () => {
  await replaceFile(file, () => undefined);
  const failing = replaceFile(file, (fresh) => {
    writeFileSync(fresh, 'half');
    throw new Error('no room');
  });
  await expect(failing).rejects.toThrow('no room');
  expect(readFileSync(file, 'utf8')).toBe('new');
  expect(readdirSync(dirname(file))).toEqual(['output']);
  await expect(replaceFile(join(work, 'none'), () => undefined)).resolves.toBeUndefined();
  expect(existsSync(join(work, 'none'))).toBe(false);
});
