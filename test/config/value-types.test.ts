import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { device, formatDevice } from '../../src/config/value-types/devices.ts';
import { rootHash } from '../../src/config/value-types/hashes.ts';
import { plainPath, usrPath } from '../../src/config/value-types/paths.ts';
import { blockOffset, memorySize, size } from '../../src/config/value-types/sizes.ts';
import { timeSpan } from '../../src/config/value-types/times.ts';
import { boolean, choice, integer, type ValueType } from '../../src/config/value-types/value-type.ts';

const hash = 'ab'.repeat(32);

/** Type, text, value; an undefined value means that the text must be refused. */
const table: readonly (readonly [string, ValueType<unknown>, string, unknown])[] = [
  ['plain seconds', timeSpan, '90', 90],
  ['seconds', timeSpan, '90s', 90],
  ['minutes and seconds', timeSpan, '1min 30s', 90],
  ['milliseconds', timeSpan, '500ms', 0.5],
  ['fractions', timeSpan, '1.5h', 5400],
  ['no number', timeSpan, 'soon', undefined],
  ['unknown unit', timeSpan, '3 fortnights', undefined],
  ['negative time', timeSpan, '-1s', undefined],
  ['more than a day', timeSpan, '25h', undefined],
  ['bytes', size, '4096', 4096],
  ['mebibytes', size, '4M', 4 * 1024 * 1024],
  ['unknown size unit', size, '4Q', undefined],
  ['no size', size, '', undefined],
  ['percentage', memorySize, '50%', '50%'],
  ['more than all', memorySize, '101%', undefined],
  ['memory in bytes', memorySize, '64 M', '64M'],
  ['no memory', memorySize, '0', undefined],
  ['offset', blockOffset, '1065345024', 1065345024],
  ['offset auto', blockOffset, 'auto', 'auto'],
  ['offset inside a block', blockOffset, '4097', undefined],
  ['yes', boolean, 'yes', true],
  ['off', boolean, 'off', false],
  ['maybe', boolean, 'maybe', undefined],
  ['choice', choice('a', 'b'), 'b', 'b'],
  ['choice of another case', choice('a', 'b'), 'B', undefined],
  ['integer', integer(1, 22), '22', 22],
  ['integer too large', integer(1, 22), '23', undefined],
  ['partition label', device, 'PARTLABEL=USR-A', { by: 'PARTLABEL', value: 'USR-A' }],
  ['label with blanks', device, 'LABEL=my usr', { by: 'LABEL', value: 'my usr' }],
  ['uuid in capitals', device, 'UUID=ABCD-1234', { by: 'UUID', value: 'abcd-1234' }],
  ['path', device, '/dev/vda2', { by: 'path', value: '/dev/vda2' }],
  ['udev link', device, '/dev/disk/by-partlabel/USR-A', undefined],
  ['path elsewhere', device, '/etc/passwd', undefined],
  ['bare word', device, 'USR-A', undefined],
  ['uuid with letters', device, 'UUID=xyz', undefined],
  ['long partition label', device, `PARTLABEL=${'x'.repeat(37)}`, undefined],
  ['partition label that the kernel cannot tell', device, 'PARTLABEL=\u00dcSR', undefined],
  ['hash', rootHash, hash.toUpperCase(), hash],
  ['command-line', rootHash, 'command-line', 'command-line'],
  ['short hash', rootHash, hash.slice(1), undefined],
  ['hash with a wrong letter', rootHash, `${hash.slice(1)}g`, undefined],
  ['empty hash', rootHash, '', undefined],
  ['path with blanks', plainPath, '/a b', undefined],
  ['path that climbs', plainPath, '/usr/../etc', undefined],
  ['path below usr', usrPath, '/usr/lib/x.img', '/usr/lib/x.img'],
  ['path outside usr', usrPath, '/etc/x.img', undefined],
];

test.each(table)('%s', (_, type, text, value) => {
  const parsed = type.parse(text);
  if (value === undefined) expect(parsed).toHaveProperty('required');
  else expect(parsed).toEqual({ value });
});

describe('properties', () => {
  const types = [timeSpan, size, memorySize, blockOffset, boolean, device, rootHash, plainPath, usrPath];

  test('any text is read or refused, with a requirement in words', () => {
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.string({ unit: 'grapheme' }), (type, text) => {
        const parsed = type.parse(text);
        expect('value' in parsed || parsed.required.length > 0).toBe(true);
      }),
    );
  });

  test('a device that was read is written the same', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('LABEL', 'PARTLABEL'),
        fc.string({ minLength: 1, maxLength: 36 }),
        (tag, value) => {
          const parsed = device.parse(`${tag}=${value}`);
          expect('value' in parsed && formatDevice(parsed.value)).toBe(`${tag}=${value}`);
        },
      ),
    );
  });
});
