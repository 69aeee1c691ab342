import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseIni } from '../../src/config/ini.ts';

test('assignments carry their section, value and line', () => {
  const source =
    '# comment\n[Usr]\nDevice=PARTLABEL=USR-A\n\n; another\n[Platform]\r\nDescription = "a; b # c"\r\n';
  const { assignments, findings } = parseIni(source, 'p.ini');
  expect(findings).toEqual([]);
  expect(assignments).toEqual([
    { section: 'Usr', key: 'Device', value: 'PARTLABEL=USR-A', origin: { file: 'p.ini', line: 3 } },
    { section: 'Platform', key: 'Description', value: 'a; b # c', origin: { file: 'p.ini', line: 7 } },
  ]);
});

/** Name, text, then kind, line and a part of the message of the one finding. */
const bad: readonly (readonly [string, string, string, number, RegExp])[] = [
  ['unclosed section', '[Usr\nDevice=x', 'syntax', 1, /end with "\]"/],
  ['text behind a section', '[Usr] x\n', 'syntax', 1, /alone on its line/],
  ['empty section', '[]\n', 'syntax', 1, /\[Name\]/],
  ['key before any section', 'Device=x\n[Usr]\n', 'key-before-section', 1, /below a \[Section\]/],
  ['section opened twice', '[Usr]\n[Verity]\n[Usr]\n', 'duplicate-section', 3, /line 1 did/],
  ['a line that is nothing', '[Usr]\nDevice\n', 'syntax', 2, /Key=value/],
  ['a key with blanks', '[Usr]\nThe Device=x\n', 'syntax', 2, /not the name of a setting/],
  ['a cut value', '[Usr]\nDevice=PARTLABEL=a#b\n', 'syntax', 2, /; or #/],
  ['a tab in a value', '[Usr]\nDevice=PARTLABEL=a\tb\n', 'value-control-character', 2, /U\+0009/],
  ['a newline in a quoted value', '[Usr]\nDevice="a\\nb"\n', 'value-control-character', 2, /U\+000A/],
  ['a NUL', '[Usr]\nDevice=a\u0000b\n', 'value-control-character', 2, /U\+0000/],
];

test.each(bad)('%s', (_, source, kind, line, message) => {
  const { findings } = parseIni(source, 'p.ini');
  expect(findings).toEqual([
    expect.objectContaining({ kind, line, file: 'p.ini', message: expect.stringMatching(message) }),
  ]);
});

test('a backslash at the end of a line joins it with the next, as systemd does', () => {
  const { assignments, findings } = parseIni(
    '[Modules]\nModules=virtio_blk \\\n# a comment\n  nvme\\ \n\tahci\nLoad=listed\\\n\n[A]\nB=c:\\\\\nD=e\\',
    'p',
  );
  expect(findings).toEqual([]);
  expect(assignments.map(({ key, value, origin }) => [key, value, origin.line])).toEqual([
    ['Modules', 'virtio_blk nvme ahci', 2],
    ['Load', 'listed', 6],
    ['B', 'c:\\', 9],
    ['D', 'e', 10],
  ]);
});

test.each(['[Usr]', 'Load=listed', 'Load = listed \\'])('a backslash does not join %s', (line) => {
  const { assignments, findings } = parseIni(`[Modules]\nModules=nvme \\\n${line}\n\n`, 'p');
  expect(findings).toMatchObject([{ line: 3, message: expect.stringMatching(/^line 2 ends with/) }]);
  expect(assignments.map(({ value }) => value)).toEqual(['nvme', ...(line === '[Usr]' ? [] : ['listed'])]);
});

test.each([
  ['[A]\nModules=\n    virtio_blk\n', /: Modules=virtio_blk$/],
  ['[A]\nModules=nvme\n\n# more\n\tvirtio_blk\n', /: Modules=virtio_blk$/],
  ['[A]\nModules: nvme\n', /^Modules=nvme$/],
  ['[A]\nModules += nvme\n', /^Modules=nvme: .*repeated appends/],
  ['[A]\nModules[]=nvme\n', /^Modules=nvme: .*repeated appends/],
  ['[A]\nDevice\n', /^Device=$/],
  ['[A]\nDevice="PARTLABEL="USR-A""\n', /^'PARTLABEL="USR-A"'$/],
  ['[A]\nDevice="LABEL=it\'s\\x20"\n', /^"LABEL=it's\\\\x20"$/],
])('how %j is written here', (source, hint) => {
  expect(parseIni(source, 'p').findings).toMatchObject([{ hint: expect.stringMatching(hint) }]);
});

test('a comment behind a blank does not belong to the value', () => {
  expect(parseIni('[Usr]\nDevice=/dev/vda # the disk\n', 'p').assignments[0]?.value).toBe('/dev/vda');
});

test('quoted JSON stays text', () => {
  const { assignments } = parseIni(`[A]\nA='12'\nB='{"a":1}'\nC="true"\n`, 'p');
  expect(assignments.map(({ value }) => value)).toEqual(['12', '{"a":1}', 'true']);
});

test('any text gives assignments or findings whose lines exist', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (source) => {
      const lines = source.split('\n').length;
      const { assignments, findings } = parseIni(source, 'p');
      for (const line of [
        ...assignments.map(({ origin }) => origin.line),
        ...findings.map(({ line }) => line ?? 0),
      ]) {
        expect(line).toBeGreaterThanOrEqual(1);
        expect(line).toBeLessThanOrEqual(lines);
      }
    }),
  );
});

test('any value without control characters arrives unchanged in double quotes', () => {
  const value = fc.string({ unit: 'grapheme' }).filter((text) => !/[\p{Cc}\u2028\u2029]/u.test(text));
  fc.assert(
    fc.property(value, (text) => {
      const { assignments } = parseIni(`[A]\nB=${JSON.stringify(text)}\n`, 'p');
      expect(assignments[0]?.value).toBe(text);
    }),
  );
});
