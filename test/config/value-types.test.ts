import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { device, formatDevice } from '../../src/config/value-types/devices.ts';
import { rootHash } from '../../src/config/value-types/hashes.ts';
import { plainPath } from '../../src/config/value-types/paths.ts';
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
  ['uuid in capitals', device, 'UUID=ABCDEF01-2345', { by: 'UUID', value: 'abcdef01-2345' }],
  ['partition uuid in capitals', device, 'PARTUUID=ABCDEF01-02', { by: 'PARTUUID', value: 'abcdef01-02' }],
  ['serial number of FAT', device, 'UUID=12ab-cdef', { by: 'UUID', value: '12AB-CDEF' }],
  ['value in quotes', device, 'PARTLABEL="USR-A"', { by: 'PARTLABEL', value: 'USR-A' }],
  ['value in single quotes', device, "LABEL='my usr'", { by: 'LABEL', value: 'my usr' }],
  ['uuid in quotes', device, 'UUID="ABCDEF01"', { by: 'UUID', value: 'abcdef01' }],
  ['quotes inside a value', device, 'LABEL=my "usr"', { by: 'LABEL', value: 'my "usr"' }],
  ['quotes that do not match', device, `PARTLABEL="USR-A'`, undefined],
  ['one quote', device, 'PARTLABEL="', undefined],
  ['nothing in quotes', device, 'PARTLABEL=""', undefined],
  ['label that begins with a quote', device, 'PARTLABEL=\\x22a', undefined],
  ['value with the escape of udev', device, 'PARTLABEL=USR\\x20A', { by: 'PARTLABEL', value: 'USR A' }],
  ['value with the escape of fstab', device, 'LABEL=my\\040usr', { by: 'LABEL', value: 'my usr' }],
  ['escapes of one character', device, 'LABEL=\\xc3\\274', { by: 'LABEL', value: 'ü' }],
  ['escapes that are not UTF-8', device, 'LABEL=\\xff', undefined],
  ['escaped newline', device, 'LABEL=a\\x0ab', undefined],
  ['backslash that is none of an escape', device, 'LABEL=a\\b', { by: 'LABEL', value: 'a\\b' }],
  ['escaped backslash', device, 'LABEL=a\\x5cx20', { by: 'LABEL', value: 'a\\x20' }],
  ['path', device, '/dev/vda2', { by: 'path', value: '/dev/vda2' }],
  ['link by label', device, '/dev/disk/by-label/my\\x20usr', { by: 'LABEL', value: 'my usr' }],
  ['link with a slash', device, '/dev/disk/by-partlabel/a\\x2fb', { by: 'PARTLABEL', value: 'a/b' }],
  ['link by uuid', device, '/dev/disk/by-uuid/12AB-CDEF', { by: 'UUID', value: '12AB-CDEF' }],
  ['link by partition uuid', device, '/dev/disk/by-partuuid/ab-01', { by: 'PARTUUID', value: 'ab-01' }],
  ['link without a name', device, '/dev/disk/by-label/', undefined],
  ['link by path', device, '/dev/disk/by-path/pci-0000:00:05.0-part1', undefined],
  ['link by id', device, '/dev/disk/by-id/nvme-disk_1-part1', undefined],
  ['link by number', device, '/dev/disk/by-diskseq/1-part2', undefined],
  ['tag of no partition', device, 'PARTNUM=1', undefined],
  [
    'type of a partition',
    device,
    'PARTTYPE=8484680C-9521-48c6-9c11-b0720656f69e',
    { by: 'PARTTYPE', value: '8484680c-9521-48c6-9c11-b0720656f69e' },
  ],
  ['partition beside another', device, 'PARTUUID=ab-01/PARTNROFF=1', undefined],
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
];

test.each(table)('%s', (_, type, text, value) => {
  const parsed = type.parse(text);
  if (value === undefined) expect(parsed).toHaveProperty('required');
  else expect(parsed).toEqual({ value });
});

test.each([
  ['USR-A', 'PARTLABEL=USR-A'],
  ['"PARTLABEL=USR-A"', 'PARTLABEL=USR-A'],
  ['PARTLABLE=USR-A', 'PARTLABEL=USR-A'],
  ['PARTUUID={ABCD-01}', 'PARTUUID=abcd-01'],
  ['PARTTYPE=ab-01', expect.stringContaining('lsblk')],
  ['PARTNUM=1', expect.stringContaining('lsblk')],
  ['/dev/disk/by-id/nvme-disk_1-part1', expect.stringContaining('lsblk')],
])('of %s a hint says how to name the device', (text, hint) => {
  expect(device.parse(text)).toMatchObject({ hint });
});

describe('properties', () => {
  const types = [timeSpan, size, memorySize, blockOffset, boolean, device, rootHash, plainPath];

  test('any text is read or refused, with a requirement in words', () => {
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.string({ unit: 'grapheme' }), (type, text) => {
        const parsed = type.parse(text);
        expect('value' in parsed || parsed.required.length > 0).toBe(true);
      }),
    );
  });

  test('a device that was read is written so that it is read the same', () => {
    const value = fc.array(fc.constantFrom('a', ' ', '"', "'", '\\', 'x20', '040', 'x5c', '/', '=', 'ü'), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(fc.constantFrom('LABEL=', 'PARTLABEL=', '/dev/disk/by-label/'), value, (tag, parts) => {
        const parsed = device.parse(tag + parts.join(''));
        fc.pre('value' in parsed);
        const written = formatDevice(parsed.value);
        expect(device.parse(written.trim())).toEqual(parsed);
      }),
    );
  });
});
