/** Secure Boot of a test machine: keys in its firmware's db, and programs that they sign. */
import { join } from 'node:path';
import { UsageError } from '../errors.ts';
import { type Architecture, installedFirmware, requireFirmware } from '../tools/qemu.ts';
import { run } from '../tools/run.ts';
import { enrolArgs, sbsignArgs } from '../tools/secure-boot.ts';
import type { SigningKey } from './signing-key.ts';

/** Who owns the keys in the variables: some UUID. */
const owner = 'b0074e1a-0000-4000-8000-000000000020';

/** Variables of a firmware that starts only what `key` signed; `trusted` are more certificates of its db. Gives their file. */
export async function enrolKey(
  architecture: Architecture,
  { certificate }: SigningKey,
  work: string,
  trusted: readonly string[] = [],
): Promise<string> {
  requireFirmware(architecture, 'secure-boot');
  const { variables } = installedFirmware(architecture, 'secure-boot') ?? { variables: '' };
  const output = join(work, 'variables.fd');
  await run(enrolArgs({ variables, output, owner, certificate, trusted }));
  return output;
}

/** Signs an EFI program; gives the signed one's file. */
export async function signProgram(
  program: string,
  { key, certificate }: SigningKey,
  output: string,
): Promise<string> {
  await run(sbsignArgs({ key, certificate, program, output }));
  return output;
}

/** The options of ukify for a key. */
export function ukifySigning(key: SigningKey | undefined): readonly string[] {
  if (!key) return [];
  return [
    '--signtool=sbsign',
    `--secureboot-private-key=${key.key}`,
    `--secureboot-certificate=${key.certificate}`,
  ];
}

/** The options of ukify for a key that signs PCR 11. */
export function pcrSigning(key: SigningKey | undefined): readonly string[] {
  return key ? [`--pcr-private-key=${key.key}`, '--pcr-banks=sha256'] : [];
}

/** Secure Boot is emulated for x86-64 alone. Throws UsageError. */
export function requireSecureBoot(architecture: Architecture): void {
  if (architecture !== 'x86-64')
    throw new UsageError(
      `--secure-boot is for x86-64: no firmware for ${architecture} with it is known here`,
    );
}
