/** Has the sysroot the microcode that the platform wants, and can the kernel read it? */
import { type Finding, finding } from '../findings.ts';
import { hasBuiltInInitrd, microcodeFiles, microcodeVendors, wantedMicrocode } from '../sysroot/microcode.ts';
import { defineCheck, type Known } from './check.ts';

export const microcodeChecks = [
  defineCheck({ name: 'microcode', needs: ['sysroot', 'kernel'], run: checkMicrocode }),
];

/** What the sysroot or the kernel lacks for the microcode that the platform wants. */
export function checkMicrocode({ config, sysroot, kernel }: Known<'sysroot' | 'kernel'>): readonly Finding[] {
  const wanted = wantedMicrocode(config.settings);
  if (wanted.length === 0) return [];
  if (hasBuiltInInitrd(kernel)) {
    const message = `kernel ${kernel.version} has its initrd built in (CONFIG_INITRAMFS_SOURCE): microcode is left out`;
    return [finding('microcode-left-out', message, { setting: 'Initrd.Microcode' })];
  }
  return wanted
    .filter((vendor) => microcodeFiles(vendor, sysroot).length === 0)
    .map((vendor) =>
      finding(
        'file-missing',
        `the sysroot must have microcode in ${microcodeVendors[vendor].directory}, not compressed`,
        {
          setting: 'Initrd.Microcode',
          hint: `Debian's package ${microcodeVendors[vendor].package} has it`,
        },
      ),
    );
}
