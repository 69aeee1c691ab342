/** The arguments of openssl for a signature of a root hash, as the kernel checks it: PKCS#7 in DER, detached, without attributes. */
import type { Command } from './run.ts';

/** Writes a new key without a password, and a certificate of its own for it. openssl-req(1). */
export function newCertificateArgs(key: string, certificate: string): Command {
  const subject = ['-subj', '/CN=bootrelay test machine', '-days', '36500'];
  const made = ['-newkey', 'rsa:2048', '-noenc', '-keyout', key, '-out', certificate];
  return { program: 'openssl', args: ['req', '-x509', ...made, ...subject] };
}

/** Writes the signature of `input`, the digits of a root hash without a line break, to `output`. openssl-smime(1). */
export function signArgs(input: string, key: string, certificate: string, output: string): Command {
  const kind = ['-sign', '-nocerts', '-noattr', '-binary', '-outform', 'der'];
  const files = ['-in', input, '-inkey', key, '-signer', certificate, '-out', output];
  return { program: 'openssl', args: ['smime', ...kind, ...files] };
}

/** Prints the SHA-256 of a certificate. openssl-x509(1). */
export function fingerprintArgs(certificate: string): Command {
  return { program: 'openssl', args: ['x509', '-in', certificate, '-noout', '-fingerprint', '-sha256'] };
}
