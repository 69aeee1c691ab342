/** Options of ukify(1) with keys, certificates and engines: they are passed on as they are, and ukify reads what they name. */

interface SigningOption {
  /** It may be given several times, or `list`: with several values. */
  readonly array?: boolean;
  readonly flag?: boolean;
  readonly describe: string;
}

/** In the words of ukify, under its names. */
export const signingOptions = {
  'secureboot-private-key': {
    describe: 'key that signs for Secure Boot: a file, or what an engine calls it',
  },
  'secureboot-certificate': { describe: 'its certificate: a file, or what an engine calls it' },
  signtool: { describe: 'what signs: sbsign, pesign or systemd-sbsign' },
  'secureboot-certificate-dir': { describe: 'NSS database of pesign' },
  'secureboot-certificate-name': { describe: 'name of the certificate in it' },
  'signing-engine': { describe: 'OpenSSL engine that has the keys, such as pkcs11' },
  'signing-provider': { describe: 'OpenSSL provider that has the keys' },
  'certificate-provider': { describe: 'OpenSSL provider that has the certificates' },
  'sign-kernel': { flag: true, describe: 'sign the kernel inside the UKI too' },
  'pcr-private-key': { array: true, describe: 'key that signs the expected values of PCR 11' },
  'pcr-public-key': { array: true, describe: 'its public key' },
  phases: { array: true, describe: 'phases of the boot that this key signs for: systemd-measure(1)' },
  'pcr-banks': { describe: 'banks of the TPM to sign for, separated by commas' },
  pcrpkey: { describe: 'public key that goes into the UKI' },
} as const satisfies Record<string, SigningOption>;

type SigningName = keyof typeof signingOptions;

/** What a command got for them, under the names that yargs gives. */
export type SigningArguments = Readonly<Record<string, unknown>>;

/** The options that were given, for ukify. Keys of PCRs, their public keys and phases belong together by their order. */
export function signingWords(args: SigningArguments): readonly string[] {
  return Object.keys(signingOptions).flatMap((name) => {
    const option: SigningOption = signingOptions[name as SigningName];
    const value = args[camelCase(name)];
    if (value === undefined) return [];
    if (option.flag) return value ? [`--${name}`] : [`--no-${name}`];
    return [value].flat().map((one) => `--${name}=${one}`);
  });
}

function camelCase(name: string): string {
  return name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** Rows for the table of options of a command. */
export function signingRows() {
  return Object.fromEntries(
    Object.entries(signingOptions).map(([name, option]: [string, SigningOption]) => [
      name,
      option.flag
        ? { type: 'boolean' as const, describe: option.describe, group: 'Signing (passed on to ukify):' }
        : {
            type: 'string' as const,
            ...(option.array && { array: true, nargs: 1 }),
            describe: option.describe,
            group: 'Signing (passed on to ukify):',
          },
    ]),
  );
}
