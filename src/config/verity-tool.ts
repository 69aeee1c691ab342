/** Which program sets dm-verity up. */
import type { PlatformSettings } from './settings.ts';

export type VerityTool = 'dm-create' | 'dmsetup' | 'veritysetup' | 'systemd-veritysetup';

/** Verity.Tool, with `auto` decided by the form of stage 1. */
export function verityTool({ Initrd, Verity }: PlatformSettings): VerityTool {
  if (Verity.Tool !== 'auto') return Verity.Tool;
  return Initrd.Init === 'systemd' ? 'systemd-veritysetup' : 'dm-create';
}
