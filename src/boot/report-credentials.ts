/**
 * The report of the booted system for a disk that nothing is added to: systemd 256 and newer take units from credentials
 * (systemd-debug-generator(8)), and credentials from the SMBIOS of the machine (systemd.system-credentials(7)).
 */
import { renderTemplate } from '../render/templates.ts';

/** Texts for the SMBIOS, of type 11: the script, the unit that runs it, and what starts that. */
export function reportCredentials(): readonly string[] {
  return [
    credential('bootrelay.report', renderTemplate('templates/boot/report.sh', {})),
    credential(
      'systemd.extra-unit.bootrelay-report.service',
      renderTemplate('templates/boot/bootrelay-report.service', { fromCredential: true }),
    ),
    credential('systemd.unit-dropin.multi-user.target', '[Unit]\nWants=bootrelay-report.service\n'),
  ];
}

function credential(name: string, content: string): string {
  return `io.systemd.credential.binary:${name}=${Buffer.from(content).toString('base64')}`;
}

/** Texts by which systemd-stub, and systemd-boot for entries that are no UKI, add to the kernel command line (smbios-type-11(7)). */
export function commandLineStrings(words: string): readonly string[] {
  return ['stub', 'boot'].map((loader) => `io.systemd.${loader}.kernel-cmdline-extra=${words}`);
}
