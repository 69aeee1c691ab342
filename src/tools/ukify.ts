/** The arguments of ukify(1), which makes unified kernel images, profiles for them, and addons. */
import type { Command } from './run.ts';

/** The architectures as UEFI calls them. */
export const efiArchitectures = { 'x86-64': 'x64', arm64: 'aa64' } as const;
type EfiArchitecture = (typeof efiArchitectures)[keyof typeof efiArchitectures];

interface Shared {
  readonly architecture: EfiArchitecture;
  /** The PE file that the sections are added to: a stub of systemd-stub(7). */
  readonly stub: string;
  /** A file with the words: a text ukify would take apart, and leave out where it is blank. */
  readonly commandLine: string;
  readonly output: string;
  /** Options with keys, certificates and engines, as the caller wrote them: ukify reads what they name. */
  readonly signing?: readonly string[] | undefined;
}

/** A kernel with all that it is started with. Files are named by their paths. */
export interface UkiOptions extends Shared {
  readonly kernel: string;
  /** What `uname -r` says of the kernel. */
  readonly version: string;
  readonly initrds: readonly string[];
  readonly microcode?: string | undefined;
  readonly osRelease: string;
  readonly sbom?: string | undefined;
  /** Files of profileArgs(); the UKI without a choice of one is the profile `main`. */
  readonly profiles?: readonly string[];
}

/** A kernel, what it is started with, and profiles with other words -> a UKI. */
export function ukifyArgs(options: UkiOptions): Command {
  const { kernel, version, initrds, microcode, osRelease, sbom, profiles = [] } = options;
  return build(options, [
    `--linux=${kernel}`,
    `--uname=${version}`,
    ...initrds.map((initrd) => `--initrd=${initrd}`),
    ...(microcode === undefined ? [] : [`--microcode=${microcode}`]),
    `--os-release=@${osRelease}`,
    ...(sbom === undefined ? [] : [`--section=.sbom:@${sbom}`]),
    ...(profiles.length > 0
      ? ['--profile=ID=main', ...profiles.map((file) => `--join-profile=${file}`)]
      : []),
  ]);
}

/** A profile to be joined to a UKI: its name in the boot menu, and the kernel command line that takes the place of the UKI's. */
export function profileArgs(options: Shared & { readonly id: string; readonly title: string }): Command {
  return build(options, [`--profile=ID=${options.id}\nTITLE=${options.title}`]);
}

/** Words that systemd-stub adds to the kernel command line of a UKI beside it, which may be of this kernel only. */
export function addonArgs(options: Shared & { readonly version?: string | undefined }): Command {
  return build(options, options.version === undefined ? [] : [`--uname=${options.version}`]);
}

function build(
  { architecture, stub, commandLine, output, signing = [] }: Shared,
  own: readonly string[],
): Command {
  return {
    program: 'ukify',
    args: [
      'build',
      `--efi-arch=${architecture}`,
      `--stub=${stub}`,
      ...own,
      `--cmdline=@${commandLine}`,
      ...signing,
      `--output=${output}`,
    ],
  };
}
