/** The width of rendered text: a reviewer reads it in a terminal, or two texts side by side. */
import { expect, test } from '@jest/globals';
import { renderMinimal } from '../../src/render/minimal.ts';
import { manyPlans } from './many-plans.ts';
import { filesOf, platformNames } from './platforms.ts';

const columns = 120;

/** A root hash of sha512 alone has 128 digits. */
const isLongHash = (line: string) => /^root_hash=[0-9a-f]{128} /.test(line);

const wideLines = (text: string) =>
  text.split('\n').filter((line) => line.length > columns && !isLongHash(line));

test.each(platformNames)('%s: no line has more than 120 columns', (name) => {
  for (const [path, { text }] of filesOf(name))
    expect({ path, lines: wideLines(text) }).toEqual({ path, lines: [] });
});

test('no line of any branch of a template has more than 120 columns', () => {
  const texts = manyPlans.flatMap(({ config, plan }) =>
    [...renderMinimal(config, plan).values()].flatMap((file) => ('text' in file ? [file.text] : [])),
  );
  expect(texts.length).toBeGreaterThan(manyPlans.length);
  expect([...new Set(texts.flatMap(wideLines))]).toEqual([]);
});
