/** Golden files: readable outputs under test/golden. They change only by `npm run golden`, never in CI. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from '@jest/globals';

const directory = new URL('golden/', import.meta.url).pathname;
const update = process.env.UPDATE_GOLDEN === '1' && process.env.CI !== 'true';

export function expectGolden(name: string, text: string): void {
  const file = join(directory, name);
  if (update) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  const golden = existsSync(file)
    ? readFileSync(file, 'utf8')
    : 'there is no such golden file: npm run golden';
  expect(text).toBe(golden);
}
