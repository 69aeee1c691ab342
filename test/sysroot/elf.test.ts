import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isStatic, linkingOf } from '../../src/sysroot/linking.ts';
import { elfFile } from './elf-file.ts';

const [load, dynamic, interpreter] = [1, 2, 3];

/** An ELF file with program headers of these types; `count` says how many it claims to have. */
function makeProgram(types: readonly number[], count = types.length): Buffer {
  const header = Buffer.alloc(64);
  header.write('7f454c460201', 'hex');
  header.writeBigUInt64LE(64n, 0x20);
  header.writeUInt16LE(56, 0x36);
  header.writeUInt16LE(count, 0x38);
  const headers = types.map((type) => {
    const program = Buffer.alloc(56);
    program.writeUInt32LE(type, 0);
    return program;
  });
  return Buffer.concat([header, ...headers]);
}

test.each([
  ['a static program', makeProgram([load, load]), true],
  ['a dynamic one', makeProgram([interpreter, load, dynamic]), false],
  ['a static one that relocates itself', makeProgram([load, dynamic]), true],
  ['a table that is cut off', makeProgram([load], 2), false],
  ['a script', Buffer.from(`#!/bin/sh\n${' '.repeat(100)}`), false],
  ['an empty file', Buffer.alloc(0), false],
  ['the program that runs this test', readFileSync(process.execPath), false],
])('%s', (_, file, expected) => {
  expect(isStatic(file)).toBe(expected);
});

const whole = elfFile({
  interpreter: '/lib/ld',
  needed: ['a', '/v/b'],
  soname: 'c',
  rpath: '/r:/s',
  noDefaults: true,
});

test('what a file tells its loader', () => {
  expect(linkingOf(whole)).toEqual({
    ...{ machine: '64:62', interpreter: '/lib/ld', needed: ['a', '/v/b'], soname: 'c', rpath: ['/r', '/s'] },
    ...{ runpath: [], noDefaults: true, defaults: [] },
  });
  expect(linkingOf(Buffer.from('#!/bin/sh\n'.repeat(20)))).toBeUndefined();
});

/** Whether the file is read, or refused in words. */
function isReadOrRefused(file: Buffer): boolean {
  try {
    linkingOf(file);
    return true;
  } catch (error) {
    return error instanceof SyntaxError;
  }
}

test('a file that is cut off or has other bytes somewhere is read, or refused in words', () => {
  for (let size = 0; size <= whole.length; size += 1)
    expect(isReadOrRefused(whole.subarray(0, size))).toBe(true);
  const changes = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 8 });
  fc.assert(
    fc.property(changes, (bytes) => {
      const file = Buffer.from(whole);
      for (const [at, value] of bytes) file[at] = value;
      return isReadOrRefused(file);
    }),
    { numRuns: 5000 },
  );
});
