/** The platform files that come along: each is one without errors, and says in its first lines for whom it is. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { loadPlatform } from '../../src/config/load.ts';
import { createFileReader } from '../../src/host/files.ts';
import { planBoot } from '../../src/plan/plan.ts';
import { renderPlatform } from '../../src/render/platform.ts';

const directory = new URL('../../platforms', import.meta.url).pathname;
const names = readdirSync(directory).filter((name) => name.endsWith('.ini') && name !== 'base.ini');

/** What is said of them on purpose: nothing signs their kernel command line, and Flatcar's live image has no root hash. */
const said = ['root-hash-unprotected', 'systemd-reads-command-line', 'usr-unverified'];

describe.each(names)('%s', (name) => {
  const file = join(directory, name);

  test('is a platform without errors, which renders', () => {
    const { config, files, findings } = loadPlatform(file, [], createFileReader());
    expect(findings.filter(({ kind }) => !said.includes(kind))).toEqual([]);
    if (!config) throw new Error(name);
    expect(renderPlatform(config, planBoot(config, files)).size).toBeGreaterThan(5);
  });

  test('begins with a sentence that says for whom it is', () => {
    expect(readFileSync(file, 'utf8')).toMatch(/^# [A-Z].+/);
  });
});

test.each(['flatcar', 'azure-container-linux', 'discoverable', 'any-linux'])(
  'docs/platforms/%s.md names each setting that its platform sets',
  (name) => {
    const keys = (text: string) =>
      [...text.matchAll(/^(\w+)=/gm)].flatMap(([, key = '']) =>
        ['Extends', 'Description', 'Architecture', 'SizeBudget'].includes(key) ? [] : [key],
      );
    const page = readFileSync(join(directory, `../docs/platforms/${name}.md`), 'utf8');
    const missing = keys(readFileSync(join(directory, `${name}.ini`), 'utf8')).filter(
      (key) => !page.includes(key),
    );
    expect(missing).toEqual([]);
  },
);
