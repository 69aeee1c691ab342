import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** The SHA-256 of a file, or of its bytes before `end`, in hexadecimal. */
export function sha256OfFile(file: string, end?: number): string {
  return createHash('sha256').update(readFileSync(file).subarray(0, end)).digest('hex');
}
