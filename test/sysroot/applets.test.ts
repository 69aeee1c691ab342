import { expect, test } from '@jest/globals';
import { appletsOf } from '../../src/sysroot/applets.ts';

const list = [
  'acpid',
  'ar',
  'cat',
  'cp',
  'dd',
  'echo',
  'find',
  'grep',
  'head',
  'insmod',
  'ln',
  'ls',
  'mkdir',
].concat([...['mount', 'mv', 'od', 'rm', 'sed', 'sh', 'sleep', 'sort', 'switch_root', 'umount', 'wc']]);
const binary = (names: readonly string[]) =>
  Buffer.from(`\u007fELF\0mount\0sh\0\0\u0001[\0${names.join('\0')}\0\0text with blanks\0`, 'latin1');

test('the applets of a busybox are those of its own list', () => {
  expect([...(appletsOf(binary(list)) ?? [])]).toEqual(['[', ...list]);
  expect(appletsOf(binary(list.filter((name) => name !== 'od')))?.has('od')).toBe(false);
});

test('a file that has no such list says nothing', () => {
  expect(appletsOf(Buffer.from('mount\0sh\0'))).toBeUndefined();
});
