/** The verity device of /usr: its name, and which program makes it. */
import type { PlatformSettings } from './settings.ts';
import type { DeviceSpec } from './value-types/devices.ts';

export type VerityTool = 'dm-create' | 'dmsetup' | 'veritysetup' | 'systemd-veritysetup';

/** Verity.Tool, with `auto` decided by the form of stage 1 and by what only some of the tools can do. */
export function verityTool({ Initrd, Verity }: PlatformSettings): VerityTool {
  if (Verity.Tool !== 'auto') return Verity.Tool;
  const systemd = Initrd.Init === 'systemd';
  if (Verity.RootHashSignature !== undefined || Verity.FecDevice)
    return systemd ? 'systemd-veritysetup' : 'veritysetup';
  return systemd ? 'dmsetup' : 'dm-create';
}

/** Tools that give the kernel a table which stage 1 makes. */
export function makesTable(tool: VerityTool): boolean {
  return tool === 'dm-create' || tool === 'dmsetup';
}

/** What systemd calls it (systemd-veritysetup-generator(8)); a boot entry may name it although the platform has no verity. */
export const usualVerityDevice = '/dev/mapper/usr';

/** The path of the verity device, whether the platform has one or not. */
export function verityDevicePath(settings: PlatformSettings): string {
  return `/dev/mapper/${settings.Verity.Name}`;
}

/** The partition with the data of /usr. Usr.Device may name the verity device where Verity.DataDevice is set. */
export function dataPartition({ Usr, Verity }: PlatformSettings): DeviceSpec | undefined {
  return Verity.Verity === 'required' && Verity.DataDevice ? Verity.DataDevice : Usr.Device;
}
