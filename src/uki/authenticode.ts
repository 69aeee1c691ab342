/** The hash of an EFI program that its signature covers, and that firmware extends PCR 4 with when it loads the program. */
import { createHash } from 'node:crypto';
import { UsageError } from '../errors.ts';

/** SHA-256 of a PE file without its checksum and its signatures (Microsoft, Windows Authenticode Portable Executable Signature Format). */
export function authenticodeHash(file: Buffer, name: string): Buffer {
  const header = file.length >= 64 && file.toString('latin1', 0, 2) === 'MZ' ? file.readUInt32LE(0x3c) : -1;
  if (header < 0 || file.toString('latin1', header, header + 4) !== 'PE\0\0')
    throw new UsageError(`${name}: an EFI program is required, a PE file, and it is none`);
  const optional = header + 24;
  const checksum = optional + 64;
  // PE32+ has its directories 16 bytes later than PE32.
  const directories = optional + (file.readUInt16LE(optional) === 0x20b ? 112 : 96);
  const certificates = directories + 4 * 8;
  if (file.length < certificates + 8)
    throw new UsageError(`${name} is cut off in the headers of its PE file`);
  const [at, size] = [file.readUInt32LE(certificates), file.readUInt32LE(certificates + 4)];
  if (at + size > file.length) throw new UsageError(`${name} is cut off in its signatures`);
  const end = size > 0 ? at : file.length;
  const hash = createHash('sha256')
    .update(file.subarray(0, checksum))
    .update(file.subarray(checksum + 4, certificates))
    .update(file.subarray(certificates + 8, end));
  // What is signed has whole words of 8 bytes, with zeros behind the last one.
  return hash.update(Buffer.alloc((8 - (end % 8)) % 8)).digest();
}
