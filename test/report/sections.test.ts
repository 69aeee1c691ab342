/** The sections one by one: their numbers, and that names of others are text in them. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { InitrdFile } from '../../src/initrd/files.ts';
import { formatNames } from '../../src/json/format-names.ts';
import { parts } from '../../src/minimal/entries.ts';
import { differencesSection } from '../../src/report/differences-section.ts';
import { settingsSection } from '../../src/report/settings-section.ts';
import { sizeMapSection } from '../../src/report/size-map.ts';
import { highlight } from '../../src/report/syntax.ts';
import { textsSection } from '../../src/report/texts-section.ts';
import { timelineSection } from '../../src/report/timeline-section.ts';
import { compareSides } from '../../src/review/compare.ts';
import type { Side } from '../../src/review/side.ts';

const hostile = '<script>alert(1)</script>"\'&';

function file(path: string, part: string, size: number, type = 'file'): InitrdFile {
  return { path, part, size, type, mode: '0644', owner: '0:0', content: `${path}${size}` };
}

describe('the size map', () => {
  test('has each part with its share, the largest first, and what the image has of its budget', () => {
    const files = [
      file('/a.ko', 'modules', 3000),
      file('/b.ko', 'modules', 3000),
      file('/c', 'programs', 2000),
      file('/d', 'programs', 0, 'link'),
    ];
    const { text } = sizeMapSection(files, { size: 1000, budget: 4000 }).content;
    expect(text).toContain('<strong>1.0 kB</strong>, 25 % of its budget of 4.0 kB');
    const rows = [
      ...text.matchAll(/<\/i>(\w+)<\/th><td[^>]*>(\d+)<\/td><td[^>]*>([^<]*)<\/td><td[^>]*>([^<]*)</g),
    ];
    expect(rows.map((row) => row.slice(1, 5))).toEqual([
      ['modules', '2', '6.0 kB', '75 %'],
      ['programs', '1', '2.0 kB', '25 %'],
    ]);
  });

  test('of nothing, or of nothing but links, has no number that is none', () => {
    for (const files of [[], [file('/d', 'layout', 0, 'link')], [file('/e', 'other', 0)]])
      expect(sizeMapSection(files, { size: 0, budget: 0 }).content.text).not.toMatch(/NaN|Infinity/);
  });

  test('has a colour for every part', () => {
    const css = readFileSync(new URL('../../templates/report/report.css', import.meta.url), 'utf8');
    for (const part of [...parts, 'other']) expect(css).toContain(`.part-${part},`);
  });

  test('of many files is quick, and draws the small ones as one', () => {
    const files = Array.from({ length: 20_000 }, (_, index) => file(`/f${index}`, 'other', 10));
    const { text } = sizeMapSection([...files, file('/large', 'other', 1_000_000)], undefined).content;
    expect(text).toContain('title="20000 small files: 200.0 kB"');
    expect(text.match(/class="tile/g)).toHaveLength(2);
  });
});

test('a bar of the timeline begins where its line does, and is as long as it is until the next', () => {
  const milestones = [
    { name: 'init', uptime: 2, stage: 'kernel' },
    { name: 'switch-root', uptime: 6, stage: 'stage 1' },
    { name: 'multi-user', uptime: 8, stage: 'system' },
  ] as const;
  const { text } = timelineSection({ format: formatNames.timeline, milestones: [...milestones] }).content;
  const bars = [...text.matchAll(/left:min\(([\d.]+)%[^;]*;width:([\d.]+)%/g)].map(([, left, width]) => [
    left,
    width,
  ]);
  expect(bars).toEqual([
    ['25.00', '50.00'],
    ['75.00', '25.00'],
    ['100.00', '0.00'],
  ]);
  expect(timelineSection({ format: formatNames.timeline, milestones: [] }).content.text).not.toMatch(
    /NaN|Infinity/,
  );
});

test('a changed setting says what it was, and what is not set can be left out only where that is known', () => {
  const setting = (value: string, origin: string | undefined) => ({ values: [value], origin });
  const changes = [
    {
      setting: 'Verity.OnCorruption',
      old: setting('panic', 'a.ini:1'),
      new: setting('error', 'a.ini:1'),
      direction: 'looser' as const,
    },
  ];
  const known = new Map([
    ['Verity.OnCorruption', setting('error', 'a.ini:1')],
    ['Verity.Name', setting('usr', 'default')],
  ]);
  const { text } = settingsSection(known, changes).content;
  expect(text).toContain('was <code>panic</code>, is looser');
  expect(text).toContain('only what is set');
  const ofBuild = new Map([['Verity.Name', setting('usr', undefined)]]);
  expect(settingsSection(ofBuild, []).content.text).not.toContain('only what is set');
});

describe('names of others', () => {
  const side = (name: string, files: readonly InitrdFile[], drivers: readonly string[]): Side => ({
    name,
    kind: 'initrd',
    files: new Map(files.map((entry) => [entry.path, entry])),
    drivers: new Map(drivers.map((pattern) => [pattern, `m${pattern}`])),
    texts: new Map(files.map(({ path }) => [path.slice(1), `${hostile}${name}`])),
  });

  test('are text in every section', () => {
    const old = side(`a${hostile}`, [file(`/x${hostile}`, hostile, 1)], [`pci:${hostile}`]);
    const fresh = side(`b${hostile}`, [file(`/y${hostile}`, hostile, 2)], []);
    const sections = [
      differencesSection(compareSides(old, fresh)),
      sizeMapSection([...(fresh.files?.values() ?? [])], undefined),
      textsSection(fresh.texts ?? new Map()),
    ];
    for (const { content } of sections) {
      expect(content.text).not.toMatch(/<script|=""'|='"/);
      expect(content.text).toContain('&lt;script&gt;');
    }
  });

  test('are text among syntax colours', () => {
    for (const name of ['a.service', 'init', 'a.json', 'plain'])
      expect(highlight(name, `#!/bin/sh\n${hostile}\n`).text).not.toContain('<script');
  });
});

test('oneshot is one word in a unit', () => {
  expect(highlight('a.service', '[Service]\nType=oneshot\n').text).toMatch(/Type<\/span>=oneshot/);
});

test('a page has no more text than a browser likes, and says so', () => {
  const texts = new Map(
    Array.from({ length: 300 }, (_, index) => [`f${index}`, 'x'.repeat(60_000)] as const),
  );
  const { text } = textsSection(texts).content;
  expect(text.length).toBeLessThan(9_000_000);
  expect(text).toContain('167 more files are left out');
});
