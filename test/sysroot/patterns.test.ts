import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { patternToRegExp } from '../../src/sysroot/patterns.ts';

test.each([
  ['pci:v*d0001*', 'pci:v00008086d0001sv', true],
  ['a?c', 'abc', true],
  ['a?c', 'ac', false],
  ['a.c', 'abc', false],
  ['a[!b]', 'ac', true],
  ['a[!b]', 'ab', false],
  ['a[0-9]', 'a7', true],
  ['a[]]', 'a]', true],
  ['a[b-a]', 'ab', false],
  ['a[1', 'a[1', true],
  ['brcm/brcmfmac*-sdio.*.bin', 'brcm/brcmfmac43430-sdio.x.bin', true],
])('%s and %s', (pattern, name, matches) => {
  expect(patternToRegExp(pattern).test(name)).toBe(matches);
});

test('any text is a pattern, and without its own characters one that matches itself', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(() => patternToRegExp(text)).not.toThrow();
      const plain = text.replaceAll(/[*?[\]\n\r\u2028\u2029]/g, '');
      expect(patternToRegExp(plain).test(plain)).toBe(true);
    }),
  );
});
