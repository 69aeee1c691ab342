/** What README and docs say of the command line is what the table has: commands, options, files that are linked. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { commands } from '../../src/command-line.ts';
import { settingRows } from '../../src/config/settings.ts';
import { findingKinds } from '../../src/findings.ts';
import { reasons } from '../../src/plan/reasons.ts';

const root = new URL('../../', import.meta.url).pathname;
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`),
];

/** Command lines in code: `bootrelay NAME ...`. */
function commandLines(text: string): readonly (readonly string[])[] {
  const blocks = [...text.matchAll(/^```(?:sh|shell)?\n(.*?)^```/gms)].flatMap(
    ([, body]) => body?.split('\n') ?? [],
  );
  const spans = [...text.replaceAll(/^```.*?^```/gms, '').matchAll(/`([^`\n]+)`/g)].map(
    ([, span]) => span ?? '',
  );
  return [...blocks, ...spans]
    .map((line) => line.replace(/\s+#.*/, '').trim())
    .filter((line) => /^bootrelay [a-z]/.test(line))
    .map((line) => line.split(/\s+/).slice(1));
}

describe.each(pages)('%s', (page) => {
  const text = readFileSync(join(root, page), 'utf8');

  test('names commands and options that there are', () => {
    for (const [name, ...words] of commandLines(text)) {
      const command = commands.find((row) => row.name === name);
      expect({ name, found: command !== undefined }).toEqual({ name, found: true });
      const known = Object.keys(command?.options ?? {}).flatMap((option) => [
        `--${option}`,
        `--no-${option}`,
      ]);
      const options = words.filter((word) => word.startsWith('--')).map((word) => word.replace(/=.*/, ''));
      expect(known).toEqual(expect.arrayContaining(options));
    }
  });

  test('links to what is there', () => {
    for (const [, target = '', anchor] of text.matchAll(/\]\((?!\w+:)([^)#\s]*)(?:#([^)]*))?\)/g)) {
      const file = target === '' ? join(root, page) : join(root, dirname(page), target);
      expect({ target, there: existsSync(file) }).toEqual({ target, there: true });
      if (!anchor) continue;
      const headings = [...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
        heading
          .toLowerCase()
          .replaceAll(/[^\w -]/g, '')
          .replaceAll(' ', '-'),
      );
      expect(headings).toContain(anchor);
    }
  });

  test('names settings that there are', () => {
    const sections = new Set(settingRows.map(({ section }) => section));
    const named = [...text.matchAll(/`([A-Z]\w+)\.([A-Z]\w+)(?:=[^`]*)?`/g)];
    for (const [, section = '', key] of named.filter(([, name = '']) => sections.has(name)))
      expect(settingRows.map(({ name }) => name)).toContain(`${section}.${key}`);
  });

  test('asks for help that there is', () => {
    const topics = commandLines(text)
      .filter(([name]) => name === 'help')
      .map(([, topic = '']) => topic);
    const known = [
      ...Object.keys(findingKinds),
      ...Object.keys(reasons),
      ...settingRows.map(({ name }) => name),
    ];
    for (const topic of topics.filter((word) => !/^[A-Z]+$|^Section\.Key$/.test(word)))
      expect(known).toContain(topic);
  });
});

test('the pages are read: they have command lines, links and settings', () => {
  const texts = pages.map((page) => readFileSync(join(root, page), 'utf8'));
  expect(texts.flatMap(commandLines).length).toBeGreaterThan(30);
  expect(texts.flatMap((text) => [...text.matchAll(/\]\((?!\w+:)/g)]).length).toBeGreaterThan(30);
});
