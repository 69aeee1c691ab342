import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkIdentifier, quoteComment, quoteShell, quoteUnit } from '../../src/text/quote.ts';
import { runProgram, shells } from '../render/shells.ts';

const printable = fc
  .string({ unit: 'grapheme', maxLength: 40 })
  .filter((text) => !/[\p{Cc}\u2028\u2029]/u.test(text));

describe.each(shells)('%s', (_, shell) => {
  test('gets any value back unchanged', () => {
    fc.assert(
      fc.property(fc.array(printable, { maxLength: 20 }), (values) => {
        const script = values.map((value) => `printf '%s\\n' ${quoteShell(value)}`).join('\n');
        expect(runProgram(shell, `${script}\n`).stdout).toBe(values.map((value) => `${value}\n`).join(''));
      }),
      { numRuns: 60 },
    );
  });
});

test.each([
  ['plain', 'PARTLABEL', 'PARTLABEL'],
  ['with =', 'PARTLABEL=USR-A', "'PARTLABEL=USR-A'"],
  ['empty', '', "''"],
  ['quotes', "it's", "'it'\\''s'"],
  ['substitution', '$(reboot)', "'$(reboot)'"],
])('shell: %s', (_, value, text) => {
  expect(quoteShell(value)).toBe(text);
});

test.each(['a\nb', 'a\u0000b', '\u001b[2J', 'a\u2028b'])('%j is refused everywhere', (value) => {
  for (const quote of [quoteShell, quoteComment, quoteUnit, checkIdentifier])
    expect(() => quote(value)).toThrow();
});

test('a percent sign is no specifier in a unit', () => {
  expect(quoteUnit('100%h')).toBe('100%%h');
});

test.each(['trailing\\', ' blank', 'blank '])('unit: %j is refused', (value) => {
  expect(() => quoteUnit(value)).toThrow();
});
