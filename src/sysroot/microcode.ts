/**
 * Processor microcode, which the kernel reads from an uncompressed cpio in front of the initrd before it unpacks anything
 * (Documentation/arch/x86/microcode.rst, "Early load microcode").
 */

import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { PlatformSettings } from '../config/settings.ts';
import { type Finding, finding } from '../findings.ts';
import type { Entry } from '../minimal/entries.ts';
import { sha256OfFile } from '../tools/sha256.ts';
import type { Kernel } from './kernel.ts';
import { fileInSysroot } from './paths.ts';

export type MicrocodeVendor = 'intel' | 'amd';

interface Vendor {
  readonly directory: string;
  /** Files of the directory that are microcode. */
  readonly files: RegExp;
  /** As the kernel names the vendor. */
  readonly target: string;
  readonly package: string;
}

const vendors: Readonly<Record<MicrocodeVendor, Vendor>> = {
  intel: {
    directory: '/usr/lib/firmware/intel-ucode',
    // Debian names those that must be loaded early NAME.initramfs.
    files: /^[0-9a-f]{2}-[0-9a-f]{2}-[0-9a-f]{2}(\.initramfs)?$/,
    target: 'GenuineIntel.bin',
    package: 'intel-microcode',
  },
  amd: {
    directory: '/usr/lib/firmware/amd-ucode',
    files: /^microcode_amd.*\.bin$/,
    target: 'AuthenticAMD.bin',
    package: 'amd64-microcode',
  },
};

/** The vendors whose microcode the platform wants: only x86 has any. */
export function wantedMicrocode({ Initrd, Platform }: PlatformSettings): readonly MicrocodeVendor[] {
  return Platform.Architecture === 'x86-64' ? Initrd.Microcode : [];
}

/** True for a kernel that has its initrd built in: that cannot have an early cpio, and is compressed with the kernel. */
export function hasBuiltInInitrd({ options }: Kernel): boolean {
  return !['', '""'].includes(options?.get('INITRAMFS_SOURCE') ?? '');
}

/** What the sysroot or the kernel lacks for the microcode that the platform wants. */
export function checkMicrocode(
  wanted: readonly MicrocodeVendor[],
  sysroot: string,
  kernel: Kernel,
): readonly Finding[] {
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
        `the sysroot must have microcode in ${vendors[vendor].directory}, not compressed`,
        {
          setting: 'Initrd.Microcode',
          hint: `Debian's package ${vendors[vendor].package} has it`,
        },
      ),
    );
}

function microcodeFiles(vendor: MicrocodeVendor, sysroot: string): readonly string[] {
  const { directory, files } = vendors[vendor];
  const source = fileInSysroot(sysroot, directory);
  if (source === undefined || !existsSync(source)) return [];
  const names = readdirSync(source).filter((name) => files.test(name));
  return names.sort().map((name) => join(source, name));
}

/**
 * The entries of the early cpio: for each vendor all its files, one behind the other, made in `work`. No directories:
 * the kernel looks names up, and does not unpack these again into memory.
 */
export function microcodeEntries(
  wanted: readonly MicrocodeVendor[],
  sysroot: string,
  work: string,
): readonly Entry[] {
  mkdirSync(work, { recursive: true });
  return wanted.map((vendor): Entry => {
    const { target } = vendors[vendor];
    const source = join(work, target);
    rmSync(source, { force: true });
    for (const file of microcodeFiles(vendor, sysroot)) appendFileSync(source, readFileSync(file));
    const path = `/kernel/x86/microcode/${target}`;
    const [size, sha256] = [statSync(source).size, sha256OfFile(source)];
    return { type: 'file', path, mode: 0o644, part: 'microcode', source, size, sha256 };
  });
}
