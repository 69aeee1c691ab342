/** Golden files: readable outputs under test/golden. They change only by `npm run golden`, never in CI. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from '@jest/globals';

const golden = new URL('golden/', import.meta.url).pathname;

/** `npm run golden` names a new directory: it replaces test/golden once everything is in it. */
const fresh = process.env.CI === 'true' ? undefined : process.env.NEW_GOLDEN;
const directory = fresh ?? golden;

/**
 * The file of a golden. Names of systemd units may have a backslash in them, which Windows and xargs do not take:
 * each character but letters, digits and `.`, `_`, `-`, `/` becomes % and two hexadecimal digits for each of its bytes, as in URLs.
 */
export function goldenPath(name: string): string {
  return name.replace(/[^A-Za-z0-9._/-]/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  );
}

/** All files below a directory of test/golden, relative to it. */
export function listGoldens(name = ''): readonly string[] {
  const top = join(directory, name, '/');
  const entries = readdirSync(top, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(top.length));
}

export function expectGolden(name: string, text: string): void {
  const file = join(directory, goldenPath(name));
  if (fresh !== undefined) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  const expected = existsSync(file)
    ? readFileSync(file, 'utf8')
    : 'there is no such golden file: npm run golden';
  expect(text).toBe(expected);
}
