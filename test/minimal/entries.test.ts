import { expect, test } from '@jest/globals';
import { completeEntries, type Entry, formatMtree, rootEntry } from '../../src/minimal/entries.ts';

test('/bin comes last: what is unpacked in part has no shell', () => {
  const link = (path: string): Entry => ({ type: 'link', path, target: `usr${path}`, part: 'layout' });
  const paths = completeEntries([link('/bin'), link('/sbin'), file]).map(({ path }) => path);
  expect(paths.at(-1)).toBe('/bin');
  expect(paths).toContain('/sbin');
});

const file: Entry = {
  type: 'file',
  path: '/usr/bin/a b#c',
  mode: 0o755,
  part: 'programs',
  source: '/src/a b',
  size: 3,
  sha256: 'ff',
};

test('parents are added, directories come before what is in them', () => {
  const entries = completeEntries([file, { type: 'dir', path: '/dev', mode: 0o755, part: 'layout' }]);
  expect(entries.map(({ path }) => path)).toEqual(['/dev', '/usr', '/usr/bin', '/usr/bin/a b#c']);
});

test('two different entries for one path are a defect', () => {
  expect(() => completeEntries([file, { ...file, mode: 0o644 }])).toThrow(/two different entries for/);
  expect(completeEntries([file, file])).toHaveLength(3);
});

test('mtree encodes names, and says contents to bsdtar or hashes to readers', () => {
  const node: Entry = { type: 'char', path: '/dev/console', mode: 0o600, major: 5, minor: 1, part: 'layout' };
  const link: Entry = { type: 'link', path: '/bin', target: 'usr/bin', part: 'layout' };
  expect(formatMtree([rootEntry, link, node, file], { contents: false })).toBe(
    [
      '#mtree',
      '. type=dir mode=0755 uid=0 gid=0 time=0',
      './bin type=link mode=0777 link=usr/bin uid=0 gid=0 time=0',
      './dev/console type=char mode=0600 device=native,5,1 uid=0 gid=0 time=0',
      './usr/bin/a\\040b\\043c type=file mode=0755 size=3 sha256digest=ff uid=0 gid=0 time=0',
      '',
    ].join('\n'),
  );
  expect(formatMtree([file], { contents: true })).toContain('contents=/src/a\\040b ');
});
