/** The arguments of systemd-measure(1), which computes what systemd-stub extends PCR 11 with. */
import type { Command } from './run.ts';

/** Sections that are measured, by their names without the dot. */
export const measuredSections = [
  'linux',
  'osrel',
  'cmdline',
  'initrd',
  'ucode',
  'splash',
  'dtb',
  'uname',
  'sbat',
  'pcrpkey',
  'profile',
] as const;

/** Prints PCR 11 after each phase of the boot, as JSON by banks. */
export function measureArgs(
  sections: readonly { readonly section: (typeof measuredSections)[number]; readonly file: string }[],
): Command {
  const files = sections.map(({ section, file }) => `--${section}=${file}`);
  return { program: 'systemd-measure', args: ['calculate', '--bank=sha256', '--json=short', ...files] };
}
