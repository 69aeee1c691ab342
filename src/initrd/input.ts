/** Bytes that archives are read from: an open file, or bytes that were made here. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

export interface Input {
  /** What messages call it. */
  readonly name: string;
  readonly size: number;
  /** Fills `buffer` with the bytes from `start`; gives how many there were. */
  readonly readInto: (buffer: Buffer, start: number) => number;
}

/** A part of an input: from byte `start` to before byte `end`. */
export interface Range {
  readonly input: Input;
  readonly start: number;
  readonly end: number;
}

/** Opens a file for as long as `use` runs. */
export async function withInput<T>(file: string, use: (input: Input) => T | Promise<T>): Promise<T> {
  const descriptor = openSync(file, 'r');
  try {
    return await use(inputOf(descriptor, file));
  } finally {
    closeSync(descriptor);
  }
}

/** An open file as an input; messages call it `name`. */
export function inputOf(descriptor: number, name: string): Input {
  return {
    name,
    size: fstatSync(descriptor).size,
    readInto: (buffer, start) => readSync(descriptor, buffer, 0, buffer.length, start),
  };
}

/** Up to `length` bytes from `start`. */
export function read(input: Input, start: number, length: number): Buffer {
  const buffer = Buffer.alloc(Math.max(0, Math.min(length, input.size - start)));
  return buffer.subarray(0, input.readInto(buffer, start));
}

/** All bytes of a range; fewer where its input ends before. */
export function readRange({ input, start, end }: Range): Buffer {
  return read(input, start, end - start);
}

/** Bytes that are in memory, as a range. */
export function rangeOf(bytes: Buffer, name: string): Range {
  const readInto = (buffer: Buffer, start: number) => bytes.copy(buffer, 0, start);
  return { input: { name, size: bytes.length, readInto }, start: 0, end: bytes.length };
}

/** How many bytes a range has. */
export function lengthOf({ start, end }: Range): number {
  return end - start;
}

/** Where the zeros end that begin at `start`; the end of the input where nothing else is behind. */
export function skipZeros(input: Input, start: number): number {
  const chunk = 65536;
  for (let position = start; position < input.size; position += chunk) {
    const index = read(input, position, chunk).findIndex((byte) => byte !== 0);
    if (index >= 0) return position + index;
  }
  return input.size;
}
