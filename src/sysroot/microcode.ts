/**
 * Processor microcode, which the kernel reads from an uncompressed cpio in front of the initrd before it unpacks anything
 * (Documentation/arch/x86/microcode.rst, "Early load microcode").
 */
import type { PlatformSettings } from '../config/settings.ts';
import { type FileCompression, fileCompressions, filesIn } from './firmware-directory.ts';
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

/** Where each vendor's microcode is, and what it is for the kernel. */
export const microcodeVendors: Readonly<Record<MicrocodeVendor, Vendor>> = {
  intel: {
    directory: '/lib/firmware/intel-ucode',
    // Debian names those that must be loaded early NAME.initramfs.
    files: /^[0-9a-f]{2}-[0-9a-f]{2}-[0-9a-f]{2}(\.initramfs)?$/,
    target: 'GenuineIntel.bin',
    package: 'intel-microcode',
  },
  amd: {
    directory: '/lib/firmware/amd-ucode',
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

/** A file of microcode on this machine. */
export interface MicrocodeFile {
  readonly file: string;
  readonly compression: FileCompression;
}

/** The files of a vendor's microcode in a sysroot, in order; none where it has none. One that is not compressed goes before others. */
export function microcodeFiles(vendor: MicrocodeVendor, sysroot: string): readonly MicrocodeFile[] {
  const { directory, files } = microcodeVendors[vendor];
  const found = new Map<string, MicrocodeFile>();
  for (const compression of fileCompressions)
    for (const { base, path } of filesIn(sysroot, directory, compression, files)) {
      const file = fileInSysroot(sysroot, path);
      if (file !== undefined && !found.has(base)) found.set(base, { file, compression });
    }
  return [...found].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, file]) => file);
}
