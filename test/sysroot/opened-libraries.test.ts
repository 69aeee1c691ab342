import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openedBy } from '../../src/sysroot/opened-libraries.ts';
import { elfFile } from './elf-file.ts';

function makeNote(text: string): Buffer {
  const padded = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
  const description = Buffer.from(`${text}\0`);
  const words = Buffer.alloc(12);
  words.writeUInt32LE(4, 0);
  words.writeUInt32LE(description.length, 4);
  return Buffer.concat([words, Buffer.from('FDO\0'), padded(description)]);
}

const kmod = { feature: 'kmod', priority: 'recommended', soname: ['libkmod.so.2'] };
const crypt = { feature: 'crypt', priority: 'required', soname: ['libcrypt.so.2', 'libcrypt.so.1'] };
const bpf = { feature: 'bpf', priority: 'suggested', soname: ['libbpf.so.1', 'libbpf.so.0'] };

test('the notes of a library, each with all that it names, but for what it merely suggests', () => {
  const notes = Buffer.concat([
    makeNote(JSON.stringify([kmod])),
    makeNote(JSON.stringify([bpf, kmod, crypt])),
  ]);
  const elf = elfFile({ sections: { '.text': Buffer.from('machine code'), '.note.dlopen': notes } });
  expect(openedBy(elf)).toEqual([
    { names: ['libkmod.so.2'], feature: 'kmod', required: false },
    { names: ['libkmod.so.2'], feature: 'kmod', required: false },
    { names: ['libcrypt.so.2', 'libcrypt.so.1'], feature: 'crypt', required: true },
  ]);
});

test.each([
  ['a script', Buffer.from('#!/bin/sh\n'.repeat(20))],
  ['nothing', Buffer.alloc(0)],
  ['no such section', elfFile()],
])('%s names no library', (_, file) => {
  expect(openedBy(file)).toEqual([]);
});

test('a note that is not JSON is an error that shows it', () => {
  const elf = elfFile({ sections: { '.note.dlopen': makeNote('libkmod') } });
  expect(() => openedBy(elf)).toThrow(/not JSON: libkmod/);
});

test('bytes behind an ELF header, whatever they are, are read without a crash', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 58, maxLength: 300 }), (bytes) => {
      expect(openedBy(Buffer.concat([Buffer.from('7f454c460201', 'hex'), bytes]))).toEqual([]);
    }),
  );
});

test('glibc opens what ends threads for those that end some, and what finds users if it has that not within', () => {
  const names = (file: Parameters<typeof elfFile>[0]) =>
    openedBy(elfFile(file)).flatMap((request) => request.names);
  const ofGlibc = { needed: ['libc.so.6'] };
  expect(names({ ...ofGlibc, symbols: ['pthread_exit'] })).toEqual(['libgcc_s.so.1']);
  expect(names({ ...ofGlibc, symbols: ['pthread_cancel'], soname: 'libx.so.1' })).toEqual(['libgcc_s.so.1']);
  expect(names({ ...ofGlibc, symbols: ['pthread_create'] })).toEqual([]);
  expect(names({ needed: ['libc.musl-x86_64.so.1'], symbols: ['pthread_exit'] })).toEqual([]);
  expect(names({ soname: 'libc.so.6', symbols: ['pthread_exit', '_nss_files_getpwnam_r'] })).toEqual([]);
  expect(names({ soname: 'libc.so.6', symbols: ['pthread_exit'] })).toEqual(['libnss_files.so.2']);
});
