import { expect, test } from '@jest/globals';
import { formatOnlyWith, unmetCondition } from '../../src/config/only-with.ts';
import { fullHelp } from '../../src/config/setting.ts';
import { findSettingNamed, type SettingRow } from '../../src/config/settings.ts';

test.each([
  ['FullInitrd.Init', ''],
  ['Usr.Device', 'Counts only with `FullInitrd.Host=usr`.'],
  ['Verity.Name', 'Counts only with `Verity.Verity=required`.'],
  [
    'FullInitrd.Image',
    'Counts only with `FullInitrd.Source=image` or `thin`, and without `FullInitrd.HostFileSystem=none`.',
  ],
  ['Initrd.CompressionLevel', 'Counts only without `Initrd.Compression=none`.'],
  ['Verity.FecOffset', 'Counts only with `Verity.Verity=required`, and with a `Verity.FecDevice`.'],
  [
    'KernelCommandLine.HashDevice',
    'Counts only with `FullInitrd.Host=usr`, with `KernelCommandLine.Override=yes`, with `Verity.Verity=required`, and with a `Verity.HashDevice`.',
  ],
  [
    'KernelCommandLine.UsrDevice',
    'Counts only with `FullInitrd.Host=usr`, with `KernelCommandLine.Override=yes`, and without a `Verity.DataDevice` or with `Verity.Verity=no` or with a `Usr.LiveImage`.',
  ],
])('with what %s counts, in words', (name, sentence) => {
  const { setting } = findSettingNamed(name) as SettingRow;
  expect(formatOnlyWith(setting.onlyWith ?? [])).toBe(sentence);
  expect(fullHelp(setting)).toBe(`${setting.help} ${sentence}`.trim());
});

test('of the alternatives of which none holds the first is named', () => {
  const { setting } = findSettingNamed('FullInitrd.TmpfsSize') as SettingRow;
  const values = new Map([['FullInitrd.Writable', ['no']]]);
  const unmet = unmetCondition(setting.onlyWith ?? [], (name) => values.get(name) ?? ['image']);
  expect(unmet?.setting).toBe('FullInitrd.Writable');
});
