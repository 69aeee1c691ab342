/** The arguments of openssl for a signature of a root hash, as the kernel checks it: PKCS#7 in DER, detached, without attributes. */
import type { Command } from './run.ts';

/** Writes a new key without a password, and a certificate of its own for it. openssl-req(1). */
export function newCertificateArgs(key: string, certificate: string): Command {
  const subject = ['-subj', '/CN=bootrelay test machine', '-days', '36500'];
  const made = ['-newkey', 'rsa:2048', '-noenc', '-keyout', key, '-out', certificate];
  return { program: 'openssl', args: ['req', '-x509', ...made, ...subject] };
}

/** Writes a new key without a password, and a request for a certificate. openssl-req(1). */
export function requestArgs(key: string, request: string): Command {
  const made = ['-newkey', 'rsa:2048', '-noenc', '-keyout', key, '-out', request];
  return {
    program: 'openssl',
    args: ['req', '-new', ...made, '-subj', '/CN=bootrelay test machine, expired'],
  };
}

/** Writes a certificate that a key signs for itself, and that ended a day before it began. openssl-x509(1). */
export function expiredCertificateArgs(request: string, key: string, certificate: string): Command {
  const files = ['-in', request, '-signkey', key, '-out', certificate];
  return { program: 'openssl', args: ['x509', '-req', '-days', '-1', ...files] };
}

/** Writes the signature of `input`, the digits of a root hash without a line break, to `output`: `timed` with its time and the certificate. openssl-smime(1). */
export function signArgs(
  input: string,
  key: string,
  certificate: string,
  output: string,
  timed: boolean,
): Command {
  const kind = [
    '-sign',
    ...(timed ? ['-nosmimecap'] : ['-nocerts', '-noattr']),
    '-binary',
    '-outform',
    'der',
  ];
  const files = ['-in', input, '-inkey', key, '-signer', certificate, '-out', output];
  return { program: 'openssl', args: ['smime', ...kind, ...files] };
}

/** Prints the SHA-256 of a certificate. openssl-x509(1). */
export function fingerprintArgs(certificate: string): Command {
  return { program: 'openssl', args: ['x509', '-in', certificate, '-noout', '-fingerprint', '-sha256'] };
}
