import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { checkTemplate, compileTemplate } from '../../src/render/compile-template.ts';

test.each([
  ['a bare value', 'a\n{{value}}', 't:2: {{value}} does not go through a quoting helper'],
  ['a raw value', '{{{value}}}', 't:1: {{value}} does not go through a quoting helper'],
  ['a value inside #if', '{{#if a}}\n{{value}}\n{{/if}}', 't:2: {{value}} does not go through'],
  ['another block', '{{#with a}}{{sh b}}{{/with}}', 't:1: {{#with}} is not allowed'],
  ['a partial', '{{> other}}', 't:1: partials are not allowed'],
  ['two values in one helper', '{{sh a b}}', 't:1: {{sh}} does not go through'],
])('%s cannot be loaded', (_, source, message) => {
  expect(() => checkTemplate(source, 't')).toThrow(message);
  expect(() => compileTemplate(source, 't')).toThrow(message);
});

test('a value that is not there is an error, not an empty text', () => {
  expect(() => compileTemplate('{{sh missing}}', 't')({})).toThrow();
});

const root = new URL('../../', import.meta.url).pathname;
const shipped = ['templates', 'units'].flatMap((directory) =>
  readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.hbs'))
    .map((name) => join(directory, name)),
);

test.each(shipped)('%s can be loaded', (name) => {
  expect(() => checkTemplate(readFileSync(join(root, name), 'utf8'), name)).not.toThrow();
});
