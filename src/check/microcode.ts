/** Has the sysroot the microcode that the platform wants, and can the kernel read it? */
import { type Place, placeOf, placeOfEntry } from '../config/place.ts';
import { type Finding, finding } from '../findings.ts';
import { damageOf } from '../sysroot/firmware-directory.ts';
import {
  hasBuiltInInitrd,
  type MicrocodeVendor,
  microcodeFiles,
  microcodeVendors,
  wantedMicrocode,
} from '../sysroot/microcode.ts';
import { defineCheck, type Known } from './check.ts';

export const microcodeChecks = [
  defineCheck({ name: 'microcode', needs: ['sysroot', 'kernel'], run: checkMicrocode }),
];

/** What the sysroot or the kernel lacks for the microcode that the platform wants. */
async function checkMicrocode({
  config,
  sysroot,
  kernel,
}: Known<'sysroot' | 'kernel'>): Promise<readonly Finding[]> {
  const wanted = wantedMicrocode(config.settings);
  if (wanted.length === 0) return [];
  if (hasBuiltInInitrd(kernel)) {
    const message = `kernel ${kernel.version} has its initrd built in (CONFIG_INITRAMFS_SOURCE): microcode is left out`;
    return [finding('microcode-left-out', message, placeOf(config, 'Initrd.Microcode'))];
  }
  const found = await Promise.all(
    wanted.map((vendor, index) =>
      checkVendor(vendor, sysroot, placeOfEntry(config, 'Initrd.Microcode', index)),
    ),
  );
  return found.flat();
}

async function checkVendor(
  vendor: MicrocodeVendor,
  sysroot: string,
  place: Place,
): Promise<readonly Finding[]> {
  const files = microcodeFiles(vendor, sysroot);
  if (files.length === 0) {
    const { directory, package: name } = microcodeVendors[vendor];
    const message = `the sysroot must have microcode in ${directory}`;
    return [finding('file-missing', message, { ...place, hint: `Debian's package ${name} has it` })];
  }
  const damage = await damageOf(files);
  const message = `microcode of the sysroot cannot be decompressed: ${damage}`;
  return damage === undefined ? [] : [finding('file-damaged', message, place)];
}
