/** Whether everybody may read an archive: only where everybody may read all that is in it. */
import { expect, test } from '@jest/globals';
import { archiveMode, type Member } from '../../src/initrd/public.ts';

const file = (path: string, mode: number): Member => ({ path, type: 'file', mode });
const directory = (path: string, mode: number): Member => ({ path, type: 'directory', mode });

test.each<readonly [string, readonly Member[], number]>([
  ['nothing', [], 0o644],
  ['what everybody may read', [directory('etc', 0o755), file('etc/passwd', 0o644)], 0o644],
  ['a directory that everybody may pass but not list', [directory('a', 0o711), file('a/b', 0o644)], 0o644],
  ['an empty directory for root only', [directory('root', 0o700), file('rooted', 0o644)], 0o644],
  ['a device for root only', [{ path: 'dev/console', type: 'char', mode: 0o600 }], 0o644],
  ['a file for root only', [file('key', 0o600)], 0o600],
  ['a file for a group', [file('key', 0o640)], 0o600],
  ['a file that only others may not read', [file('key', 0o770)], 0o600],
  ['a program that may be run and not read', [file('su', 0o4711)], 0o600],
  ['a file below a directory for root only', [directory('root', 0o700), file('root/a/key', 0o644)], 0o600],
  ['a file in a root that is for root only', [directory('', 0o700), file('key', 0o644)], 0o600],
  ['hashes of passwords that were made readable', [file('skeleton/etc/shadow', 0o644)], 0o600],
])('%s', (_, members, mode) => {
  expect(archiveMode(members)).toBe(mode);
});
