import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readOpenedLibraries } from '../../src/sysroot/opened-libraries.ts';

interface NamedSection {
  readonly name: string;
  readonly content: Buffer;
}

/** An ELF file of sections and nothing else, as elf(5) lays it out. */
function makeElf(sections: readonly NamedSection[]): Buffer {
  const names = {
    name: '.shstrtab',
    content: Buffer.from(`${['', ...sections.map(({ name }) => name), '.shstrtab'].join('\0')}\0`),
  };
  const all = [...sections, names];
  const header = Buffer.alloc(64);
  header.write('7f454c460201', 'hex');
  const contents = Buffer.concat(all.map(({ content }) => content));
  header.writeBigUInt64LE(BigInt(64 + contents.length), 0x28);
  header.writeUInt16LE(64, 0x3a);
  header.writeUInt16LE(all.length, 0x3c);
  header.writeUInt16LE(all.length - 1, 0x3e);
  let offset = 64;
  const headers = all.map(({ name, content }) => {
    const section = Buffer.alloc(64);
    section.writeUInt32LE(names.content.indexOf(`\0${name}\0`) + 1, 0);
    section.writeBigUInt64LE(BigInt(offset), 0x18);
    section.writeBigUInt64LE(BigInt(content.length), 0x20);
    offset += content.length;
    return section;
  });
  return Buffer.concat([header, contents, ...headers]);
}

function makeNote(text: string): Buffer {
  const padded = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
  const description = Buffer.from(`${text}\0`);
  const words = Buffer.alloc(12);
  words.writeUInt32LE(4, 0);
  words.writeUInt32LE(description.length, 4);
  return Buffer.concat([words, Buffer.from('FDO\0'), padded(description)]);
}

const kmod = { feature: 'kmod', priority: 'recommended', soname: ['libkmod.so.2'] };
const bpf = { feature: 'bpf', priority: 'suggested', soname: ['libbpf.so.1', 'libbpf.so.0'] };

test('the notes of a library, each with all that it names', () => {
  const notes = Buffer.concat([makeNote(JSON.stringify([kmod])), makeNote(JSON.stringify([bpf, kmod]))]);
  const elf = makeElf([
    { name: '.text', content: Buffer.from('machine code') },
    { name: '.note.dlopen', content: notes },
  ]);
  expect(readOpenedLibraries(elf)).toEqual([kmod, bpf, kmod]);
});

test.each([
  ['a script', Buffer.from('#!/bin/sh\n'.repeat(20))],
  ['nothing', Buffer.alloc(0)],
  ['no such section', makeElf([{ name: '.text', content: Buffer.from('x') }])],
])('%s names no library', (_, file) => {
  expect(readOpenedLibraries(file)).toEqual([]);
});

test('a note that is not JSON is an error that shows it', () => {
  const elf = makeElf([{ name: '.note.dlopen', content: makeNote('libkmod') }]);
  expect(() => readOpenedLibraries(elf)).toThrow(/not JSON: libkmod/);
});

test('bytes behind an ELF header, whatever they are, are read without a crash', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 58, maxLength: 300 }), (bytes) => {
      expect(readOpenedLibraries(Buffer.concat([Buffer.from('7f454c460201', 'hex'), bytes]))).toEqual([]);
    }),
  );
});
