import { expect, test } from '@jest/globals';
import { usrPartitions } from '../../src/boot/partitions.ts';
import { load } from '../config/platform-files.ts';

/** The names of the partitions that a test machine has. */
function namesWith(...settings: readonly string[]): readonly string[] {
  const { config } = load({ 'p/test.ini': '[Usr]\nDevice=PARTLABEL=USR-B\n' }, 'p/test.ini', settings);
  if (!config) throw new Error(`${settings.join(' ')} is refused`);
  return usrPartitions(config, { data: 'usr.img' }).map(({ name }) => name);
}

test('the test machine has the partition that stage 1 looks for', () => {
  expect(namesWith()).toEqual(['USR-B']);
  expect(namesWith('Usr.Device=', 'Verity.DataDevice=PARTLABEL=DATA')).toEqual(['DATA']);
  expect(namesWith('Usr.Device=/dev/mapper/usr', 'Verity.DataDevice=PARTLABEL=DATA')).toEqual(['DATA']);
});

test('without verity a device for its data has no effect on the test machine either', () => {
  expect(namesWith('Verity.Verity=no', 'Verity.DataDevice=PARTLABEL=DATA')).toEqual(['USR-B']);
});
