/** The kernel command line of a test machine. */
import type { PlatformConfig } from '../config/validate.ts';
import { consoleDevice } from '../tools/qemu.ts';

/** A console, one log for all stages, the root hash where it is read. */
export function formatCommandLine(config: PlatformConfig, rootHash: string | undefined): string {
  const { Verity, KernelCommandLine, Platform } = config.settings;
  const fromCommandLine = rootHash !== undefined && Verity.RootHash === 'command-line';
  return [
    `console=${consoleDevice(Platform.Architecture)}`,
    'panic=-1',
    'printk.devkmsg=on',
    'systemd.log_target=kmsg',
    // Stage 1 has set verity up; no generator shall look for partitions by the root hash.
    'systemd.verity=no',
    'root=PARTLABEL=ROOT rootfstype=ext4 rw',
    ...(fromCommandLine ? [`${KernelCommandLine.RootHash[0]}=${rootHash}`] : []),
  ].join(' ');
}
