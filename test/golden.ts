/** Golden files: readable outputs under test/golden. They change only by `npm run golden`, never in CI. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from '@jest/globals';

const directory = new URL('golden/', import.meta.url).pathname;
const update = process.env.UPDATE_GOLDEN === '1' && process.env.CI !== 'true';

/** The goldens of one platform, by path: a file that is no longer rendered must not stay. */
export function listGoldens(name: string): readonly string[] {
  const entries = readdirSync(join(directory, name), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(directory, name).length + 1));
}

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
