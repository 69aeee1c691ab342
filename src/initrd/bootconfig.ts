/** Settings of the kernel at the end of an initrd (Documentation/admin-guide/bootconfig.rst): text, its size, its sum, and a mark. */
import { InitrdError } from '../errors.ts';
import { type Input, read } from './input.ts';

export interface Bootconfig {
  /** Its first byte: the initrd ends there. */
  readonly start: number;
  readonly text: string;
}

const mark = '#BOOTCONFIG\n';
const numbers = 8;

/** A boot loader may fill the file up to a multiple of this, behind the mark. */
const alignment = 4;

/** The bootconfig of an initrd, if it has one. Throws InitrdError for one that the kernel would not take. */
export function readBootconfig(input: Input): Bootconfig | undefined {
  const tail = read(
    input,
    Math.max(0, input.size - mark.length - alignment + 1),
    mark.length + alignment - 1,
  );
  const behind = tail.length - tail.lastIndexOf(mark) - mark.length;
  if (!tail.includes(mark) || behind >= alignment) return undefined;
  const end = input.size - behind - mark.length - numbers;
  const [size, sum] = [0, 4].map((at) => read(input, Math.max(0, end), numbers).readUInt32LE(at)) as [
    number,
    number,
  ];
  const start = end - size;
  if (start < 0)
    throw new InitrdError(`${input.name} has a bootconfig of ${size} bytes, more than the file has`);
  const bytes = read(input, start, size);
  const counted = bytes.reduce((total, byte) => (total + byte) >>> 0, 0);
  if (counted !== sum)
    throw new InitrdError(
      `${input.name} has a damaged bootconfig: its checksum is ${sum}, and its text has ${counted}`,
    );
  return { start, text: bytes.toString('latin1').replace(/\0+$/, '') };
}
