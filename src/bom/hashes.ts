/** The hashes that both formats of a bill want. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

export interface Hashes {
  readonly sha256: string;
  readonly sha1: string;
}

/** Of bytes, in hexadecimal. */
export function hashesOf(content: Uint8Array): Hashes {
  const [sha256 = '', sha1 = ''] = ['sha256', 'sha1'].map((name) =>
    createHash(name).update(content).digest('hex'),
  );
  return { sha256, sha1 };
}

/** Of a file of this machine. */
export function hashesOfFile(file: string): Hashes {
  return hashesOf(readFileSync(file));
}
