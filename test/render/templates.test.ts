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
  ['a word inside double quotes', 'echo "{{sh a}}"', 't:1: {{sh}} does not quote for double quotes of shell'],
  ['a word inside single quotes', "echo '{{sh a}}'", 't:1: {{sh}} does not quote for single quotes of shell'],
  ['a word in a comment', 'echo # {{sh a}}', 't:1: {{sh}} does not quote for comment of shell'],
  ['a comment outside of one', 'echo a#{{comment a}}', 't:1: {{comment}} does not quote for text of shell'],
  ['quotes inside a substitution', 'echo "$(echo "{{sh a}}")"', 't:1: {{sh}} does not quote for double'],
  ['quotes of one branch', 'echo {{#if a}}"{{/if}}{{sh b}}', 't:1: quotes must be closed in the branch'],
  ['quotes without an end', 'echo "a', 't:1: double quotes without an end'],
  [
    'quotes of an outer branch',
    'echo "{{#each a}}{{sh this}}{{/each}}"',
    't:1: {{sh}} does not quote for double',
  ],
  ['a word behind a backslash', 'echo \\\\{{sh a}}', 't:1: {{sh}} must not stand behind \\'],
  ['a word behind a dollar sign', `echo \${{sh a}}`, 't:1: {{sh}} must not stand behind $'],
  [
    'a word in a here-document',
    'cat << END\n{{sh a}}\nEND\n',
    't:2: {{sh}} does not quote for here-document',
  ],
  ['a word in arithmetic', 'echo $((1 + {{sh a}}))', 't:1: {{sh}} does not quote for arithmetic'],
  ['backticks', 'echo `id`', 'backticks are not allowed'],
])('%s cannot be loaded', (_, source, message) => {
  expect(() => checkTemplate(source, 't')).toThrow(message);
  expect(() => compileTemplate(source, 't')).toThrow(message);
});

test.each([
  ['a word', 'echo {{sh a}} # {{comment b}}\n{{sh c}}'],
  ['a word inside a substitution in quotes', 'echo "a $(echo {{sh a}} ")") b"'],
  ['a word behind a here-document', "cat << END\n$(id) it's\nEND\necho {{sh a}}"],
  ['a word behind arithmetic', 'echo $(((1 + {{number a}}) * 2)) {{sh a}}'],
  ['a number inside quotes', 'echo "in {{number a}} s"'],
  ['a # that begins no comment', `echo "\${x#a}" \${#x} a#{{sh b}}`],
  ['quotes that are escaped', 'echo \\" {{sh b}} \\\''],
  ['an apostrophe in a comment', "# it's\n{{sh b}}"],
])('%s is where its helper quotes for', (_, source) => {
  expect(() => checkTemplate(source, 't')).not.toThrow();
});

test.each([
  ['x.service', 'What={{sh a}}', '{{sh}} does not quote for text of unit'],
  ['x.conf', '# {{unit a}}', '{{unit}} does not quote for comment of unit'],
  ['x.mount', 'What={{comment a}}', '{{comment}} does not quote for text of unit'],
  ['x.rules', 'ATTR=="{{sh a}}"', '{{sh}} does not quote for text of udev'],
  ['x.service', 'ExecStart=/bin/sh {{unit a}}', '{{unit}} does not quote for ExecStart=/bin/sh '],
  ['a/passwd', '{{unit a}}:x', '{{unit}} does not quote for text of accounts'],
])('%s cannot be loaded with %s', (name, source, message) => {
  expect(() => checkTemplate(source, name)).toThrow(message);
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
