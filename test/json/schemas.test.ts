/** The JSON Schemas: each is one, takes what bootrelay writes, and refuses what it would not read. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import Ajv2020 from 'ajv/dist/2020.js';
import { settingRows } from '../../src/config/settings.ts';
import { formatNames } from '../../src/json/format-names.ts';
import { parseFormat } from '../../src/json/formats.ts';
import { schemas } from '../../src/json/schemas.ts';
import { sharingSchema } from '../../src/json/sharing.ts';

const root = new URL('../../', import.meta.url).pathname;
const compile = (name: string) =>
  new Ajv2020.Ajv2020({ strict: false }).compile(schemas[name]?.make() ?? false);

const bootrelay = (...args: readonly string[]) =>
  spawnSync('node', [join(root, 'dist/cli.js'), ...args], { cwd: root, encoding: 'utf8' }).stdout;

test('there is one for each format, and one for platform files', () => {
  expect(Object.keys(schemas).sort()).toEqual([...Object.keys(formatNames), 'platform'].sort());
  for (const name of Object.keys(schemas)) expect(compile(name)({})).toBe(name === 'platform');
  expect(JSON.parse(bootrelay('schema', 'manifest'))).toEqual(
    JSON.parse(JSON.stringify(schemas.manifest?.make())),
  );
  expect(bootrelay('schema')).toMatch(/^manifest +manifest\.json of a build$/m);
});

test.each([
  ['check', 'bootrelay:qemu-x86_64'],
  ['show', 'bootrelay:qemu-x86_64'],
  ['explain', 'bootrelay:qemu-x86_64'],
  ['settings'],
  ['findings'],
  ['reasons'],
  ['faults'],
  ['steps'],
  ['mount-options'],
  ['platforms'],
  ['schema', 'plan'],
  ['help', 'Usr.Device'],
  ['diff', 'bootrelay:qemu-x86_64', 'bootrelay:generic-x86_64'],
  ['check', 'test/json/nothing.ini'],
])('the result of %s is one', (...args) => {
  const result = JSON.parse(bootrelay(...args, '--json'));
  const validate = compile('result');
  expect([validate(result), validate.errors]).toEqual([true, null]);
  expect(result.command).toBe(args[0]);
});

/** A platform file as an INI reader without our rules has it. */
function asObject(text: string): object {
  const sections: Record<string, Record<string, string | string[]>> = {};
  let section = '';
  for (const line of text.split('\n')) {
    const header = /^\[(.*)\]$/.exec(line)?.[1];
    const [, key, value = ''] = /^([A-Za-z]+)=(.*)$/.exec(line) ?? [];
    if (header !== undefined) section = header;
    if (key === undefined) continue;
    const its = sections[section] ?? {};
    sections[section] = its;
    const known = its[key];
    its[key] = known === undefined ? value : [known, value].flat();
  }
  return sections;
}

test('platforms that come along are platforms; a section or a key that is not there is none', () => {
  const validate = compile('platform');
  for (const name of readdirSync(join(root, 'platforms')).filter((file) => file.endsWith('.ini'))) {
    const platform = asObject(bootrelay('platforms', name.replace('.ini', '')));
    expect([name, validate(platform), validate.errors]).toEqual([name, true, null]);
  }
  expect(validate({ Usr: { Devise: '/dev/vda' } })).toBe(false);
  expect(validate({ Foo: {} })).toBe(false);
  expect(validate({ Initrd: { Init: 'sh' } })).toBe(false);
  const made = schemas.platform?.make() ?? {};
  const { properties } = made as { properties: Record<string, { properties: object }> };
  const keys = Object.entries(properties).flatMap(([section, { properties: its }]) =>
    Object.keys(its).map((key) => `${section}.${key}`),
  );
  expect(keys.sort()).toEqual(settingRows.map(({ name }) => name).sort());
});

test.each([
  ['{"format": "bootrelay-sharing-1", "thin": "links"', 'is no JSON, or is cut off'],
  [
    '{"thin": "links", "shared": []}',
    'says no format, and this bootrelay reads bootrelay-sharing-1: it was written by bootrelay 0.1',
  ],
  [
    '{"format": "bootrelay-sharing-0"}',
    'is of the format bootrelay-sharing-0, and this bootrelay reads bootrelay-sharing-1: make it again',
  ],
  ['{"format": "bootrelay-plan-1"}', 'is of the format bootrelay-plan-1'],
  ['{"format": "a\\u0007b"}', 'is of the format a?b'],
  ['{"format": 3}', 'says no format'],
  ['null', 'says no format'],
  [
    '{"format": "bootrelay-sharing-1", "thin": "links", "image": "", "shared": [{}], "own": []}',
    'is damaged (at shared.0',
  ],
])('%s %s', (text, problem) => {
  expect(parseFormat(text, 'sharing', sharingSchema)).toEqual({ problem: expect.stringContaining(problem) });
});
