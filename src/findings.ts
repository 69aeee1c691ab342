/** What bootrelay has to say about its input: problems and remarks, collected and never thrown one by one. */

export type Severity = 'error' | 'warning' | 'note';

/** A place in the input. `file` is the path as the user gave it; `line` counts from 1, 0 for the whole file. */
export interface Origin {
  readonly file: string;
  readonly line: number;
}

interface FindingWords {
  readonly severity: Severity;
  /** `check` fails on it although it is no error, unless it is told to allow it: nothing for a machine in the field. */
  readonly unlessAllowed?: true;
  /** One sentence: what this kind of finding is about. */
  readonly title: string;
}

/** Every kind of finding, with its severity and its words. */
export const findingKinds = {
  'file-unreadable': { severity: 'error', title: 'A platform file cannot be read.' },
  'file-not-utf8': { severity: 'error', title: 'A platform file is not valid UTF-8.' },
  syntax: { severity: 'error', title: 'A line is neither [Section], Key=value, comment nor empty.' },
  'key-before-section': { severity: 'error', title: 'A setting stands before any [Section].' },
  'duplicate-section': { severity: 'error', title: 'A section is opened twice in one file.' },
  'unknown-section': { severity: 'error', title: 'A section does not exist.' },
  'unknown-key': { severity: 'error', title: 'A setting does not exist in its section.' },
  'value-invalid': { severity: 'error', title: 'A value is not of the type that its setting has.' },
  'value-control-character': { severity: 'error', title: 'A value contains a control character.' },
  'value-required': { severity: 'error', title: 'A setting that has no default is not set.' },
  'extends-missing': { severity: 'error', title: 'A file named by Extends= does not exist.' },
  'extends-cycle': { severity: 'error', title: 'A file extends itself, directly or through others.' },
  'settings-contradict': { severity: 'error', title: 'Two settings cannot hold at once.' },
  'setting-without-effect': { severity: 'warning', title: 'A setting has no effect with the others.' },
  'usr-unverified': { severity: 'warning', title: '/usr is used without verification.' },
  'root-hash-unprotected': {
    severity: 'note',
    title: 'The root hash is only as trustworthy as the kernel command line.',
  },
  'root-hash-unsigned': {
    severity: 'warning',
    unlessAllowed: true,
    title: 'The kernel requires a signature that the platform does not have.',
  },
  'shell-without-password': {
    severity: 'warning',
    unlessAllowed: true,
    title: 'A boot that fails gives a root shell to whoever holds the keyboard.',
  },
  'debug-enabled': {
    severity: 'warning',
    unlessAllowed: true,
    title: 'Stage 1 has breakpoints and a trace.',
  },
  'module-missing': {
    severity: 'error',
    title: 'The kernel has a needed module neither built in nor as a file.',
  },
  'module-optional-missing': { severity: 'note', title: 'The kernel does not have an optional module.' },
  'kernel-option-missing': { severity: 'error', title: 'The kernel was built without a needed option.' },
  'kernel-too-old': { severity: 'error', title: 'The kernel is older than a setting needs.' },
  'program-missing': { severity: 'error', title: 'The sysroot does not have a needed program.' },
  'applet-missing': { severity: 'error', title: "The sysroot's busybox does not have a needed applet." },
  'library-missing': { severity: 'error', title: 'The sysroot does not have a library of a needed program.' },
  'file-missing': { severity: 'error', title: 'The sysroot does not have a needed file.' },
  'kernel-missing': {
    severity: 'error',
    title: 'The sysroot does not have the modules of this kernel version.',
  },
  'image-record-missing': { severity: 'error', title: 'It is not known what a thin image shares with /usr.' },
  'image-shares-other-file': {
    severity: 'error',
    title: 'A thin image has no data for a file that /usr lacks or has in another version.',
  },
  'microcode-left-out': {
    severity: 'warning',
    title: 'A kernel with its initrd built in reads no early microcode.',
  },
  'over-budget': { severity: 'error', title: 'The minimal initrd is larger than its budget.' },
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
