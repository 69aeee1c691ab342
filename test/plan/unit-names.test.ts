import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { deviceUnit, escapeUnitPath } from '../../src/plan/unit-names.ts';
import { checkUnitName } from '../../src/text/quote.ts';
import { runProgram } from '../render/shells.ts';

const path = fc
  .array(
    fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
      .filter((name) => !/[/\p{Cc}]|^\.+$/u.test(name)),
    { minLength: 1, maxLength: 4 },
  )
  .map((names) => `/${names.join('/')}`);

test('any path is escaped as systemd-escape does it', () => {
  fc.assert(
    fc.property(fc.array(path, { minLength: 1, maxLength: 30 }), (paths) => {
      const { stdout } = runProgram(['systemd-escape', '--path', '--', ...paths]);
      expect(paths.map(escapeUnitPath).join(' ')).toBe(stdout.trimEnd());
    }),
    { numRuns: 30 },
  );
});

test.each([
  ['/dev/mapper/usr', 'dev-mapper-usr.device'],
  ['/dev/mapper/usr-verity', 'dev-mapper-usr\\x2dverity.device'],
  ['/', '-.device'],
])('%s is %s', (device, unit) => {
  expect(deviceUnit(device)).toBe(unit);
  expect(checkUnitName(unit)).toBe(unit);
});

test.each(['a b.service', 'a.txt', 'a\nb.service', ''])('%j is no name of a unit', (name) => {
  expect(() => checkUnitName(name)).toThrow();
});
