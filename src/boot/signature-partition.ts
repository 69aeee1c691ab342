/** The partition with the signature of a root hash, as systemd-repart makes it (Verity=signature in repart.d(5)). */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprintArgs, newCertificateArgs, signArgs } from '../tools/openssl.ts';
import { run } from '../tools/run.ts';

/** What such a partition has at least, in bytes. */
const size = 16 * 1024;

/** Signs a root hash with a key that is made for it, which no kernel trusts; gives the file with the partition's contents. */
export async function makeSignature(rootHash: string, work: string): Promise<string> {
  const file = (name: string) => join(work, `usr-signature.${name}`);
  writeFileSync(file('txt'), rootHash);
  await run(newCertificateArgs(file('key'), file('crt')));
  await run(signArgs(file('txt'), file('key'), file('crt'), file('p7s')));
  const fingerprint = (await run(fingerprintArgs(file('crt')))).replace(/^.*=/s, '');
  const json = {
    rootHash,
    certificateFingerprint: fingerprint.replaceAll(':', '').trim().toLowerCase(),
    signature: readFileSync(file('p7s')).toString('base64'),
  };
  const contents = Buffer.alloc(size);
  contents.write(JSON.stringify(json));
  writeFileSync(file('img'), contents);
  return file('img');
}
