import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { isStatic } from '../../src/sysroot/linking.ts';

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
