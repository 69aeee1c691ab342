/** Root hashes and hashes of passwords. */
import type { ValueType } from './value-type.ts';

/** Hexadecimal digits of a digest, by hash algorithm of dm-verity. */
const digestLengths = { sha256: 64, sha512: 128 } as const;

/** Where the root hash comes from that is none of the settings: the boot loader, a signature partition, the image. */
const rootHashSources = ['command-line', 'signature', 'image'] as const;

/** True for a root hash itself, not a word for where it comes from. */
export function isDigest(rootHash: string): boolean {
  return rootHashSources.every((source) => source !== rootHash);
}

/** A verity root hash in hexadecimal; and words for where it comes from else. */
export const rootHash: ValueType<string> = {
  name: 'command-line, signature, image or hexadecimal',
  choices: rootHashSources,
  parse(value) {
    if (rootHashSources.some((source) => source === value)) return { value };
    const lengths: readonly number[] = Object.values(digestLengths);
    const required =
      'command-line, signature, image, or a root hash in hexadecimal: 64 digits (sha256) or 128 (sha512)';
    if (!/^[0-9A-Fa-f]*$/.test(value)) return { required };
    if (!lengths.includes(value.length)) return { required, hint: `this one has ${value.length} digits` };
    return { value: value.toLowerCase() };
  },
};

/** What stands between the kind of a hash and its digest: crypt(5). */
const roundsAndSalt = '[$](rounds=[0-9]{4,9}[$])?[A-Za-z0-9./]{1,16}[$]';

/** The hashes of passwords that are taken, whole, as extended regular expressions; stage 1 compares with the same. */
export const passwordHashPatterns = (
  [
    ['6', 86],
    ['5', 43],
  ] as const
).map(([kind, length]) => `[$]${kind}${roundsAndSalt}[A-Za-z0-9./]{${length}}`);

/** A password as crypt(5) hashes it, in the two ways that busybox can check. */
export const passwordHash: ValueType<string> = {
  name: 'password hash',
  parse(value) {
    if (new RegExp(`^(${passwordHashPatterns.join('|')})$`).test(value)) return { value };
    return {
      required: 'a hash of crypt(5) with SHA-512 ($6$) or SHA-256 ($5$)',
      hint: '`openssl passwd -6` asks for a password and prints one',
    };
  },
};
