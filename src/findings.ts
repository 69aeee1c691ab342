/** What bootrelay has to say about its input: problems and remarks, collected and never thrown one by one. */

export type Severity = 'error' | 'warning' | 'note';

/** A place in the input. `file` is the path as the user gave it; `line` counts from 1, 0 for the whole file. */
export interface Origin {
  readonly file: string;
  readonly line: number;
}

interface FindingWords {
  readonly severity: Severity;
  /** `check` fails on it although it is no error, unless `--allow` names it: it is nothing for a machine in the field. */
  readonly unlessAllowed?: true;
  /** One sentence: what this kind of finding is about. */
  readonly title: string;
  /** What to do. */
  readonly help: string;
}

/** Every kind of finding, with its severity and its words. */
export const findingKinds = {
  'file-unreadable': {
    severity: 'error',
    title: 'A platform file cannot be read.',
    help: 'Check the name and the permissions. Names in Extends= are relative to the file that has them.',
  },
  'file-not-utf8': {
    severity: 'error',
    title: 'A platform file is not valid UTF-8.',
    help: 'Save the file as UTF-8; settings are ASCII but for free text.',
  },
  syntax: {
    severity: 'error',
    title: 'A line is neither [Section], Key=value, comment nor empty.',
    help: 'Each line is `[Section]`, `Key=value`, a comment behind # or ; or empty.',
  },
  'key-before-section': {
    severity: 'error',
    title: 'A setting stands before any [Section].',
    help: 'Write the [Section] that the setting belongs to above it; docs/settings.md has them all.',
  },
  'duplicate-section': {
    severity: 'error',
    title: 'A section is opened twice in one file.',
    help: 'Move the settings of the second one up into the first. A drop-in may open the section again.',
  },
  'unknown-section': {
    severity: 'error',
    title: 'A section does not exist.',
    help: 'The hint names the closest one, or all.',
  },
  'unknown-key': {
    severity: 'error',
    title: 'A setting does not exist in its section.',
    help: 'The hint names the closest setting, or the section that has it.',
  },
  'value-invalid': {
    severity: 'error',
    title: 'A value is not of the type that its setting has.',
    help: 'The message says what the value must be; `bootrelay help Section.Key` says what it is for.',
  },
  'value-control-character': {
    severity: 'error',
    title: 'A value contains a control character.',
    help: 'Nothing that bootrelay writes has control characters in a value. Remove it; tabs too.',
  },
  'value-required': {
    severity: 'error',
    title: 'A setting that has no default is not set.',
    help: 'Set it: there is no default that would be right for every machine.',
  },
  'extends-missing': {
    severity: 'error',
    title: 'A file named by Extends= does not exist.',
    help: 'Names in Extends= are relative to the file that has them.',
  },
  'extends-cycle': {
    severity: 'error',
    title: 'A file extends itself, directly or through others.',
    help: 'Put what both share into a third file that both extend.',
  },
  'settings-contradict': {
    severity: 'error',
    title: 'Two settings cannot hold at once.',
    help: 'Change one of them; the message says which two, or what one requires.',
  },
  'mount-option-refused': {
    severity: 'error',
    title: 'A mount option of /usr is one that is not allowed.',
    help: 'docs/mount-options.md has the options that are, by file system, and why others are not: /usr must be the verified device, all of it and nothing else.',
  },
  'setting-without-effect': {
    severity: 'warning',
    title: 'A setting has no effect with the others.',
    help: 'Remove the setting, or the one that makes it idle: a reader would take it for true.',
  },
  'usr-unverified': {
    severity: 'warning',
    title: '/usr is used without verification.',
    help: 'For development only, or for live systems whose loader verifies all of the initrd: docs/security.md, "Appended archives". Set Verity=required, and LiveVerity=required.',
  },
  'root-hash-unprotected': {
    severity: 'note',
    title: 'The root hash is only as trustworthy as the kernel command line.',
    help: 'Sign the kernel command line with the kernel (a UKI), build the root hash in, or require its signature. docs/security.md has what each closes.',
  },
  'systemd-reads-command-line': {
    severity: 'note',
    title: 'systemd in stage 1 reads parameters of its own from the kernel command line.',
    help: 'KernelCommandLine.Override=no does not stop that: systemd.setenv= sets variables for journald, udevd and mount (those that load code are taken away again), systemd.log_level= and systemd.crash_shell= count too. Sign the kernel command line, or use Initrd.Init=shell, which takes nothing from it but its own parameters. docs/security.md has what is kept out and how.',
  },
  'root-hash-unsigned': {
    severity: 'warning',
    unlessAllowed: true,
    title: 'The kernel requires a signature that the platform does not have.',
    help: 'Set Verity.RootHashSignature, or leave RequireSignature out: no boot of this platform succeeds. `check --allow root-hash-unsigned` for a test of that.',
  },
  'shell-without-password': {
    severity: 'warning',
    unlessAllowed: true,
    title: 'A boot that fails gives a root shell to whoever holds the keyboard.',
    help: 'Set Shell=password with a PasswordHash, or Shell=never. `check --allow shell-without-password` for a machine in a laboratory.',
  },
  'password-from-credential': {
    severity: 'note',
    title: 'The password of the emergency shell may come from a file that nothing signs.',
    help: 'systemd-stub reads credentials from the boot partition, and no signature covers them: set PasswordHash instead of PasswordCredential, unless whoever can write to that partition may have a root shell in stage 1 anyway. docs/security.md has what such a shell can do.',
  },
  'debug-enabled': {
    severity: 'warning',
    unlessAllowed: true,
    title: 'Stage 1 has breakpoints and a trace.',
    help: 'Remove Debug=yes before a release. `check --allow debug-enabled` for development.',
  },
  'module-missing': {
    severity: 'error',
    title: 'The kernel has a needed module neither built in nor as a file.',
    help: 'Correct the name in Modules=, install the package with the module, or build the kernel with it.',
  },
  'bus-missing': {
    severity: 'warning',
    title: 'Nothing brings the bus of a driver.',
    help: 'A driver finds devices on a bus that another driver brings: virtio_blk needs virtio_pci, usb-storage a host controller. Add the module that the hint names. Where the kernel has it built in, there is no finding.',
  },
  'hardware-without-driver': {
    severity: 'error',
    title: 'The minimal initrd does not drive hardware that the platform declares.',
    help: 'Add the module that the hint names, or remove the entry of Devices.Require= if no such machine is left.',
  },
  'driver-lost': {
    severity: 'error',
    title: 'Devices that another initrd drives have no driver now.',
    help: 'Add the module that the hint names, or compare with an initrd of machines that are still there: `check --like` takes an older build, or the full initrd.',
  },
  'input-driver-lost': {
    severity: 'warning',
    unlessAllowed: true,
    title: 'Keyboards or the like that another initrd drives have no driver now.',
    help: 'Only a shell of stage 1 needs them. Add the module that the hint names, or `check --allow input-driver-lost` where nobody types.',
  },
  'hardware-driver-unknown': {
    severity: 'note',
    title: 'It cannot be told whether the kernel itself drives hardware that the platform declares.',
    help: 'Look into the configuration of the kernel, or name the driver in Devices.Require= instead of the modalias.',
  },
  'module-optional-missing': {
    severity: 'note',
    title: 'The kernel does not have an optional module.',
    help: 'Nothing need be done: the boot goes on without it, slower perhaps.',
  },
  'firmware-missing': {
    severity: 'note',
    title: 'The sysroot does not have a firmware file that a module of the boot may ask for.',
    help: 'Most drivers do without, or ask for one file of many. If the hardware needs it, install the firmware package into the sysroot.',
  },
  'kernel-option-missing': {
    severity: 'error',
    title: 'The kernel was built without a needed option.',
    help: 'Build the kernel with the option, or choose a file system, compressor or form that does not need it.',
  },
  'kernel-too-old': {
    severity: 'error',
    title: 'The kernel is older than a setting needs.',
    help: 'Use a newer kernel, or leave out the setting that the message names.',
  },
  'program-missing': {
    severity: 'error',
    title: 'The sysroot does not have a needed program.',
    help: 'Install the package that the hint names into the sysroot.',
  },
  'program-too-old': {
    severity: 'error',
    title: 'A program of the sysroot does not have an option that it is given.',
    help: 'Use a newer one, or another program: the hint names the setting.',
  },
  'busybox-dynamic': {
    severity: 'warning',
    unlessAllowed: true,
    title: "The sysroot's busybox is linked dynamically.",
    help: 'The kernel makes environment variables of words of its command line, and the dynamic loader runs code that they name before stage 1 can take them away. Use a static busybox, or sign the kernel command line and allow it.',
  },
  'applet-missing': {
    severity: 'error',
    title: "The sysroot's busybox does not have a needed applet.",
    help: "Use a busybox that was built with the applet, such as that of Debian's package busybox-static.",
  },
  'library-missing': {
    severity: 'error',
    title: 'A program of the minimal initrd would start without a library that it needs.',
    help: 'Install the package with the library into the sysroot, at a place where the loader of the program looks (ld.so(8)).',
  },
  'file-missing': {
    severity: 'error',
    title: 'The sysroot does not have a needed file.',
    help: 'Install the package that the hint names into the sysroot, or correct the path in the setting.',
  },
  'extra-file-unfit': {
    severity: 'error',
    title: 'Something that ExtraFiles names cannot be taken into the initrd.',
    help: 'Files, directories and links can be taken, with names that are UTF-8, and not in the place of what bootrelay puts there. Name what is needed one by one, or leave it out.',
  },
  'file-damaged': {
    severity: 'error',
    title: 'A file of the sysroot cannot be read as what it must be.',
    help: 'It is cut off, empty or of another architecture: install its package again.',
  },
  'check-incomplete': {
    severity: 'warning',
    title: 'Something could not be checked.',
    help: 'The message says what is missing for it. What is not checked is not known to be right.',
  },
  'kernel-missing': {
    severity: 'error',
    title: 'The sysroot does not have the modules of this kernel version.',
    help: '`--kernel` is a directory of usr/lib/modules in the sysroot, with a modules.dep: run depmod where that is missing. For a kernel that loads none (CONFIG_MODULES off), its configuration must be there: boot/config-VERSION.',
  },
  'full-initrd-unfit': {
    severity: 'error',
    title: 'The full initrd does not work in this boot.',
    help: 'Make the full initrd with the rendered dracut module (`dracut --add bootrelay`), for the kernel that boots it.',
  },
  'full-initrd-unchecked': {
    severity: 'warning',
    title: 'The full initrd does not check /usr once more.',
    help: 'Stage 1 has compared what it mounted with what it verified; nothing in the full initrd does so before it goes on. Take a full initrd with systemd, or name in FullInitrd.Init the program that the hint has.',
  },
  'full-initrd-outdated': {
    severity: 'warning',
    title: 'The full initrd has the files of another rendering.',
    help: 'Render again, copy full/90bootrelay into the modules of dracut, and make the full initrd again: both stages must be of one platform.',
  },
  'initrd-entry-lost': {
    severity: 'warning',
    title: 'The kernel makes nothing of an entry of an initrd, and does not say so.',
    help: 'Put the directory of a file in front of it, and give each name to one thing: what the message names is not there when the initrd runs.',
  },
  'initrd-part-left-out': {
    severity: 'note',
    title: 'Something of an initrd has no place in an image.',
    help: 'Nothing need be done where nothing looks for it. A bootconfig belongs behind the initrd that the kernel unpacks; a socket is made by the program that listens.',
  },
  'image-unfit': {
    severity: 'error',
    title: 'The image of the full initrd is none that stage 1 mounts.',
    help: 'It is empty, cut off, of another file system than FullInitrd.FileSystem, or packed for another FullInitrd.Source or Thin: pack it again for this platform.',
  },
  'image-unmarked': {
    severity: 'note',
    title: 'An image does not say what it needs from stage 1.',
    help: 'Nothing need be done where it has all files of the full initrd. `bootrelay pack` marks its images; other tools do not.',
  },
  'image-not-checked': {
    severity: 'warning',
    title: 'A minimal initrd is built for a thin image that is not checked.',
    help: 'Name the image with `--image`: whether it is thin in the same way, and whether /usr has what it shares, is compared then.',
  },
  'packages-unknown': {
    severity: 'warning',
    title: 'It is not known which packages a system has.',
    help: 'The bill of materials has the files, but not where they are from. A sysroot must still have the database of its package manager when the initrd is built from it: remove it behind that.',
  },
  'image-record-missing': {
    severity: 'error',
    title: 'It is not known what a thin image shares with /usr.',
    help: 'Pack the image again with `bootrelay pack`: it writes NAME.shared.json beside a thin image, and the two belong together.',
  },
  'image-shares-other-file': {
    severity: 'error',
    title: 'A thin image has no data for a file that /usr lacks or has in another version.',
    help: 'The /usr was changed after the image was packed. Pack the image last, just before the /usr file system is made.',
  },
  'microcode-left-out': {
    severity: 'warning',
    title: 'A kernel with its initrd built in reads no early microcode.',
    help: 'Put the microcode into the boot loader entry, or do not build the initrd into the kernel.',
  },
  'over-budget': {
    severity: 'error',
    title: 'An image is larger than its budget, or needs more memory.',
    help: '`bootrelay report BUILD` shows what takes the room. For the minimal initrd: leave out modules, choose Compression=xz, or raise Initrd.SizeBudget; less memory is needed with a lower CompressionLevel, whose dictionary is smaller, or raise Initrd.MemoryLimit. For the full one: leave out modules of dracut, choose Source=thin, or raise FullInitrd.SizeBudget. For the UKI: Uki.SizeBudget.',
  },
  'command-line-too-long': {
    severity: 'error',
    title: 'The kernel command line of a UKI is longer than the kernel takes.',
    help: 'Kernels of x86 and arm64 take 2,047 bytes, those of an addon included, and lose the rest without a word. Take words out of Uki.CommandLine or Uki.Recovery; names of devices by PARTLABEL= are shorter than by PARTUUID=.',
  },
} as const satisfies Record<string, FindingWords>;

export type FindingKind = keyof typeof findingKinds;

export interface Finding {
  readonly kind: FindingKind;
  readonly severity: Severity;
  /** `Section.Key`, where the finding is about a setting. */
  readonly setting?: string;
  readonly file?: string;
  readonly line?: number;
  /** What is required, in a sentence. */
  readonly message: string;
  /** What to write instead, where that can be said. */
  readonly hint?: string;
}

interface FindingDetails {
  readonly setting?: string | undefined;
  readonly origin?: Origin | undefined;
  readonly hint?: string | undefined;
}

/** Makes a finding; its severity comes from the table of kinds. */
export function finding(kind: FindingKind, message: string, details: FindingDetails = {}): Finding {
  const { setting, origin, hint } = details;
  return {
    kind,
    severity: findingKinds[kind].severity,
    ...(setting !== undefined && { setting }),
    ...(origin && { file: origin.file }),
    ...(origin && origin.line > 0 && { line: origin.line }),
    message,
    ...(hint !== undefined && { hint }),
  };
}

/** Kinds that `check --allow` can name. */
export const allowableKinds: readonly FindingKind[] = (Object.keys(findingKinds) as FindingKind[]).filter(
  (kind) => 'unlessAllowed' in findingKinds[kind],
);

/** True where a finding has severity error: nothing is written then. */
export function hasErrors(findings: readonly Finding[]): boolean {
  return findings.some(({ severity }) => severity === 'error');
}

/**
 * One finding as compilers print them: `FILE:LINE: SEVERITY: Section.Key: MESSAGE`, a hint on a line of its own.
 */
export function formatFinding({ severity, setting, file, line, message, hint }: Finding): string {
  const place = [file, line].filter((part) => part !== undefined).join(':');
  const head = [place, severity, setting, message].filter((part) => part).join(': ');
  return hint === undefined ? head : `${head}\n    hint: ${hint}`;
}
