/** Keys for a test machine, made on the spot: those that its firmware and kernel trust, and those that they do not. */
import { join } from 'node:path';
import { expiredCertificateArgs, newCertificateArgs, requestArgs } from '../tools/openssl.ts';
import { run } from '../tools/run.ts';

export interface SigningKey {
  /** Files. */
  readonly key: string;
  readonly certificate: string;
}

/** A new key with its certificate; `name` is that of their files. */
export async function makeSigningKey(work: string, name: string): Promise<SigningKey> {
  const made = { key: join(work, `${name}.key`), certificate: join(work, `${name}.pem`) };
  await run(newCertificateArgs(made.key, made.certificate));
  return made;
}

/** The same with a certificate that is no longer valid. */
export async function makeExpiredKey(work: string, name: string): Promise<SigningKey> {
  const made = { key: join(work, `${name}.key`), certificate: join(work, `${name}.pem`) };
  const request = join(work, `${name}.csr`);
  await run(requestArgs(made.key, request));
  await run(expiredCertificateArgs(request, made.key, made.certificate));
  return made;
}

/** Who signs the root hash of a machine with Secure Boot: its own key, or one that is wrong. */
export type Signer = 'own' | 'foreign' | 'expired' | 'expired-without-time';

/** A key for signatures of root hashes. */
export interface RootHashKey extends SigningKey {
  /** Its signatures say when they were made, and bring the certificate. */
  readonly timed: boolean;
  /** The certificate is in the firmware's db, where the kernel finds it. */
  readonly trusted: boolean;
}

/** The key of a signer; `own` is that of the machine. */
export async function rootHashKey(signer: Signer, own: SigningKey, work: string): Promise<RootHashKey> {
  if (signer === 'own') return { ...own, timed: false, trusted: true };
  if (signer === 'foreign')
    return { ...(await makeSigningKey(work, 'foreign')), timed: false, trusted: false };
  const expired = await makeExpiredKey(work, 'expired');
  return { ...expired, timed: signer === 'expired', trusted: true };
}
