/** Settings of live systems that do not go together, and where what is carried over belongs. */
import { expect, test } from '@jest/globals';
import { carriedPath } from '../../src/config/value-types/paths.ts';
import { load } from './platform-files.ts';

const live = 'Usr.LiveImage=/usr.squashfs';

/** Kinds and settings of what is said of a platform with these settings, but for notes. */
function said(...settings: readonly string[]): readonly string[] {
  return load({ 'p/test.ini': '[Usr]\n' }, 'p/test.ini', settings)
    .findings.filter(({ severity }) => severity !== 'note')
    .map(({ kind, setting }) => `${kind} ${setting}`);
}

test('a platform that is only booted live needs no device', () => {
  expect(said(live)).toEqual([]);
  expect(said(live, 'Verity.Verity=no')).toEqual(['usr-unverified Verity.Verity']);
  expect(said()).toEqual(['value-required Usr.Device']);
});

test.each([
  [['Usr.LiveVerity=optional'], ['usr-unverified Usr.LiveVerity']],
  [
    ['Usr.LiveVerity=optional', `Verity.RootHash=${'ab'.repeat(32)}`],
    ['setting-without-effect Usr.LiveVerity'],
  ],
  [['Verity.HashDevice=PARTLABEL=HASH'], ['value-required Usr.LiveImage']],
  [['Verity.HashDevice=PARTLABEL=HASH', 'Usr.LiveHash=/usr.verity'], []],
  [['Verity.HashDevice=PARTLABEL=HASH', 'Usr.LiveHash=/usr.squashfs'], ['settings-contradict Usr.LiveHash']],
  [['Usr.LiveHash=/usr.verity'], ['setting-without-effect Usr.LiveHash']],
  [['Verity.FecDevice=PARTLABEL=FEC'], ['settings-contradict Usr.LiveImage']],
  [['Usr.LiveImage=/run/usr.squashfs'], ['settings-contradict Usr.LiveImage']],
  [['Usr.LiveImage=/live/usr', 'FullInitrd.CarryOver=/live'], ['settings-contradict FullInitrd.CarryOver']],
  [['FullInitrd.CarryOver=/usr/share/oem:/oem'], []],
  [['FullInitrd.CarryOver=/oem:/usr/share/oem'], ['settings-contradict FullInitrd.CarryOver']],
  [['FullInitrd.CarryOver=/usr:/oem'], ['settings-contradict FullInitrd.CarryOver']],
  [['FullInitrd.CarryOver=/proc/cmdline:/oem'], ['settings-contradict FullInitrd.CarryOver']],
])('a live platform with %s', (settings, expected) => {
  expect(said(live, ...settings)).toEqual(expected);
});

test.each([
  ['/oem', { source: '/oem', target: '/oem' }],
  ['/usr/share/oem:/oem', { source: '/usr/share/oem', target: '/oem' }],
])('%s is read and written', (text, value) => {
  expect(carriedPath.parse(text)).toEqual({ value });
  expect(carriedPath.format?.(value)).toBe(text);
});

test.each(['/a:', ':/a', '/a:/b:/c', '/a:b', '/a/../b:/c'])('%s is refused', (text) => {
  expect(carriedPath.parse(text)).toMatchObject({ hint: '/usr/share/oem:/oem' });
});
