/** The signature of a root hash: a file, and the partition with it as systemd-repart makes one (Verity=signature in repart.d(5)). */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprintArgs, signArgs } from '../tools/openssl.ts';
import { run } from '../tools/run.ts';
import { makeSigningKey, type RootHashKey } from './signing-key.ts';

/** What such a partition has at least, in bytes. */
const size = 16 * 1024;

export interface RootHashSignature {
  /** The file with the PKCS#7, in DER. */
  readonly signature: string;
  /** The file with the contents of the partition. */
  readonly partition: string;
}

/** Signs a root hash; without a `key` with one that is made for it, which no kernel trusts. */
export async function signRootHash(
  rootHash: string,
  work: string,
  key?: RootHashKey,
): Promise<RootHashSignature> {
  const {
    key: file,
    certificate,
    timed,
  } = key ?? {
    ...(await makeSigningKey(work, 'usr-signature')),
    timed: false,
  };
  const named = (name: string) => join(work, `usr-signature.${name}`);
  writeFileSync(named('txt'), rootHash);
  await run(signArgs(named('txt'), file, certificate, named('p7s'), timed));
  const fingerprint = (await run(fingerprintArgs(certificate))).replace(/^.*=/s, '');
  const json = {
    rootHash,
    certificateFingerprint: fingerprint.replaceAll(':', '').trim().toLowerCase(),
    signature: readFileSync(named('p7s')).toString('base64'),
  };
  const contents = Buffer.alloc(size);
  contents.write(JSON.stringify(json));
  writeFileSync(named('img'), contents);
  return { signature: named('p7s'), partition: named('img') };
}
