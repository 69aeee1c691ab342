/** What README and docs say of the command line is what the table has: commands, options, files that are linked. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { faults } from '../../src/boot/faults/faults.ts';
import { commands } from '../../src/command-line.ts';
import { settingRows } from '../../src/config/settings.ts';
import { findingKinds } from '../../src/findings.ts';
import { planBoot } from '../../src/plan/plan.ts';
import { reasons } from '../../src/plan/reasons.ts';
import { loadNamed, platformNames } from '../render/platforms.ts';

const root = new URL('../../', import.meta.url).pathname;
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
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
      ...Object.keys(faults),
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

/** What a page says, line by line: no headings, tables or code. */
function proseLines(text: string): readonly string[] {
  return text
    .replaceAll(/^ *```.*?^ *```/gms, '')
    .replaceAll(/(?<=^|\n\n)(?: {4}.*\n)+/g, '')
    .split('\n')
    .map((line) => (/^[|#]/.test(line) ? '' : line));
}

/** Lines with more than a sentence, and lines with less. */
function withoutOneSentence(text: string): readonly string[] {
  const lines = proseLines(text).map((line) => line.replaceAll(/`[^`]*`/g, '`'));
  return lines.filter((line, index) => {
    const next = lines[index + 1] ?? '';
    const goesOn = line !== '' && next.trim() !== '' && !/^\s*(?:- |\d+\. )/.test(next);
    const more = /(?<!\.\.|e\.g|i\.e|etc|vs)[.?!][)"'*]* +\S/.test(line.replace(/^\s*\d+\. /, ''));
    return more || (goesOn && !/[.?!][)"'*]*$/.test(line));
  });
}

test.each([
  ['One is here. Another is, too.\n', 1],
  ['**One** is `here`. `Another` is, too.\n', 1],
  ['- One goes on\n  in the next line.\n', 1],
  [
    '- **One.**\n  Another (see `a. b`).\n- A third; 2.5 ms, docs/x.md, e.g. this, ... and so on\n\nOne:\n\n    a. b\n',
    0,
  ],
  ['1. One.\n2. Another\n\n| a. b | c. d |\n\n```\na. b\n```\n', 0],
])('lines without exactly one sentence in %j: %i', (text, count) => {
  expect(withoutOneSentence(text)).toHaveLength(count);
});

test.each(pages)('%s has one sentence a line, so that a changed sentence is a changed line', (page) => {
  expect(withoutOneSentence(readFileSync(join(root, page), 'utf8'))).toEqual([]);
});

describe('docs/glossary.md', () => {
  const text = readFileSync(join(root, 'docs/glossary.md'), 'utf8');
  const entries = [...text.matchAll(/^- \*\*(.+?)\*\*: (.*\n(?: {2}.*\n)*)/gm)];
  const words = entries.map(([, word = '']) => word);

  /** Words that the pages use in a sense of their own. */
  const required = [
    'base',
    'boot plan',
    'budget',
    'carry-over',
    'check of /usr',
    'coldplug',
    'drop-in',
    'emergency action',
    'fault',
    'finding',
    'form',
    'full initrd',
    'golden',
    'hand-over',
    'image',
    'lab',
    'layer',
    'manifest',
    'minimal initrd',
    'need',
    'origin',
    'platform',
    'reason',
    'record',
    'rendered tree',
    'root hash',
    'setting',
    'side',
    'skeleton',
    'slot',
    'stage 1',
    'stage 2',
    'step',
    'sysroot',
    '/sysusr/usr',
    'thin image',
    'timeline',
    'tools tree',
    'verdict',
    'verified /usr',
  ];

  test('has the words of the other pages, and only words that they use', () => {
    expect(words).toEqual(expect.arrayContaining(required));
    const others = pages
      .filter((page) => page !== 'docs/glossary.md')
      .map((page) => readFileSync(join(root, page), 'utf8').replaceAll('\n', ' ').toLowerCase());
    // Links and names of files are no use of a word.
    const used = others.join(' ').replaceAll(/\]\([^)]*\)/g, ']');
    const inWords = (word: string) =>
      new RegExp(`(?<![\\w/-])${word.replaceAll('-', '[- ]')}s?(?![\\w-])`).test(used);
    expect(words.filter((word) => !inWords(word))).toEqual([]);
  });

  test('has each word once, in alphabetical order, in one or two sentences', () => {
    const letters = words.map((word) => word.replace(/^\W+/, '').toLowerCase());
    expect(letters).toEqual([...new Set(letters)].sort());
    for (const [, word, sentences = ''] of entries) {
      const lines = sentences.trimEnd().split('\n');
      expect({ word, few: lines.length <= 2, whole: lines.every((line) => line.endsWith('.')) }).toEqual({
        word,
        few: true,
        whole: true,
      });
    }
  });

  test('is found from where one begins to read', () => {
    expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain('](docs/glossary.md)');
    expect(readFileSync(join(root, 'docs/architecture.md'), 'utf8')).toContain('](glossary.md)');
  });
});

/** Pages that are written by hand; the others say what their tables say. */
const written = pages.filter(
  (page) => !/^docs\/(?:settings|findings|reasons|steps|mount-options)\.md$/.test(page),
);

test.each(written)('%s has one word for one thing', (page) => {
  const text = readFileSync(join(root, page), 'utf8');
  expect(
    text.match(/unless (?:it is )?(?:told|set)\b|\bfirst stage\b|\bsecond stage\b|\bfailures\b/gi),
  ).toBeNull();
});

/** The steps of all platforms. */
const steps = new Set(
  platformNames.flatMap((name) => {
    const { config, files } = loadNamed(name);
    return config ? planBoot(config, files).steps.map((step) => step.name) : [];
  }),
);

describe('docs/security.md', () => {
  const text = readFileSync(join(root, 'docs/security.md'), 'utf8');

  /** Those of the lab are only read as text: without the lab their disks are not there. */
  const attacks = readFileSync(join(root, 'test/boot/attacks.ts'), 'utf8').matchAll(
    /^ {2}'([a-z0-9-]+)': \{$/gm,
  );
  const faultNames = new Set([...Object.keys(faults), ...[...attacks].map(([, name = '']) => name)]);
  const isTest = (name: string) => /^test\/\S+\.test\.ts$/.test(name);

  /** Names with a dash that are neither a fault nor one of our tables. */
  const ofOthers = ['usr-verity-sig'];
  const otherNames = new Set([...Object.keys(findingKinds), ...Object.keys(reasons), ...steps, ...ofOthers]);

  const namesIn = (part: string) => [...part.matchAll(/`([^`\n]+)`/g)].map(([, name = '']) => name);

  /** Sections that say what is trusted, how to set it up, and what is missing: there "no" is no claim. */
  const withoutClaims = [
    'What is trusted',
    'What closes each gap',
    'Boot counting: a failed boot falls back to the other slot',
    'What is not there',
  ];
  const withClaims = ['What is checked, and when', 'What an attacker can and cannot do'];
  const sections = text.split(/^## /m).slice(1);
  const headingOf = (section: string) => section.split('\n', 1)[0] ?? '';

  /** Paragraphs, items of lists and rows of tables. */
  const blocksOf = (section: string) =>
    section
      .split(/\n\s*\n|\n(?=- |\| )/)
      .filter((block) => !/^#|^\| ?-/.test(block))
      .slice(1);
  const claims = sections
    .filter((section) => withClaims.includes(headingOf(section)))
    .flatMap(blocksOf)
    .filter((block) => /\b(?:cannot|never|nothing|no)\b/i.test(block.replaceAll(/`[^`]*`/g, '')));

  test('has sections with claims and sections without', () => {
    expect(sections.map(headingOf).sort()).toEqual([...withoutClaims, ...withClaims].sort());
    expect(claims.length).toBeGreaterThan(15);
  });

  test.each(claims.map((block) => [block.slice(0, 60), block] as const))(
    'names what tries: %s',
    (_, block) => {
      expect(namesIn(block).filter((name) => faultNames.has(name) || isTest(name))).not.toEqual([]);
    },
  );

  test('names faults and tests that there are', () => {
    const names = namesIn(text);
    const unknown = names.filter(
      (name) => /^[a-z0-9]+(?:-[a-z0-9]+)+$/.test(name) && !faultNames.has(name) && !otherNames.has(name),
    );
    expect(unknown).toEqual([]);
    const tests = names.filter((name) => name.startsWith('test/'));
    expect(tests.filter((name) => !isTest(name) || !existsSync(join(root, name)))).toEqual([]);
    expect(tests.length).toBeGreaterThan(10);
  });
});
