/** Has the sysroot the microcode that the platform wants, and can the kernel read it? */
import { placeOf, placeOfEntry } from '../config/place.ts';
import { type Finding, finding } from '../findings.ts';
import { hasBuiltInInitrd, microcodeFiles, microcodeVendors, wantedMicrocode } from '../sysroot/microcode.ts';
import { defineCheck, type Known } from './check.ts';

export const microcodeChecks = [
  defineCheck({ name: 'microcode', needs: ['sysroot', 'kernel'], run: checkMicrocode }),
];

/** What the sysroot or the kernel lacks for the microcode that the platform wants. */
function checkMicrocode({ config, sysroot, kernel }: Known<'sysroot' | 'kernel'>): readonly Finding[] {
  const wanted = wantedMicrocode(config.settings);
  if (wanted.length === 0) return [];
  if (hasBuiltInInitrd(kernel)) {
    const message = `kernel ${kernel.version} has its initrd built in (CONFIG_INITRAMFS_SOURCE): microcode is left out`;
    return [finding('microcode-left-out', message, placeOf(config, 'Initrd.Microcode'))];
  }
  return wanted.flatMap((vendor, index) => {
    if (microcodeFiles(vendor, sysroot).length > 0) return [];
    const { directory, package: name } = microcodeVendors[vendor];
    const message = `the sysroot must have microcode in ${directory}, not compressed`;
    const place = placeOfEntry(config, 'Initrd.Microcode', index);
    return [finding('file-missing', message, { ...place, hint: `Debian's package ${name} has it` })];
  });
}
