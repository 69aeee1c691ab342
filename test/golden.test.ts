import { expect, test } from '@jest/globals';
import { goldenPath, listGoldens } from './golden.ts';

test.each([
  [
    'minimal/usr/lib/dev-mapper-usr\\x2dverity.device.d/x.conf',
    'minimal/usr/lib/dev-mapper-usr%5cx2dverity.device.d/x.conf',
  ],
  ['a:b "c" 100%', 'a%3ab%20%22c%22%20100%25'],
  ['getty@.service', 'getty%40.service'],
  ['größe', 'gr%c3%b6%c3%9fe'],
])('the golden of %s is the file %s', (name, file) => {
  expect(goldenPath(name)).toBe(file);
});

test('every system can have the files of all goldens', () => {
  const files = listGoldens();
  expect(files.length).toBeGreaterThan(50);
  // A trailing dot and the names of devices are not possible on Windows, and two names may not differ in case only.
  const parts = files.flatMap((file) => file.split('/'));
  expect(parts.filter((part) => !/^[A-Za-z0-9._%-]+$/.test(part) || part.endsWith('.'))).toEqual([]);
  expect(parts.filter((part) => /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i.test(part))).toEqual([]);
  expect(new Set(files.map((file) => file.toLowerCase())).size).toBe(files.length);
});
