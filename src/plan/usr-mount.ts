/** Where stage 1 mounts /usr, as what, and what systemd calls that. */
import { usesUsr } from '../config/image-host.ts';
import { fixedOptions, mountedOptions } from '../config/mount-options.ts';
import type { PlatformSettings } from '../config/settings.ts';
import type { UsrFileSystem } from '../config/usr-file-systems.ts';
import { mountUnit } from './unit-names.ts';

export const usrMountPoint = '/sysusr/usr';

export const usrMountUnit = mountUnit(usrMountPoint);

/** Where a step puts mount options that only the boot knows. */
export const usrMountDropIns = `/run/systemd/system/${usrMountUnit}.d`;

/** A link to the partition, where that is mounted itself: a unit cannot have a name that only the boot knows. */
export const usrDeviceLink = '/run/bootrelay/stage1/usr-device';

/** True where only the superblock on the device tells which file system of the list /usr has. */
export function isFoundAtBoot(settings: Pick<PlatformSettings, 'Usr' | 'FullInitrd'>): boolean {
  return settings.Usr.FileSystem.length > 1 && usesUsr(settings);
}

/** The options that there are always; `ro` is the last one, so that it counts. */
export function alwaysOptions(fileSystem: UsrFileSystem, { Usr }: Pick<PlatformSettings, 'Usr'>): string {
  return [fixedOptions(fileSystem, Usr), 'ro'].filter(Boolean).join(',');
}

/** All options with which a platform mounts one of its file systems where the kernel command line says nothing. */
export function platformOptions(fileSystem: UsrFileSystem, { Usr }: Pick<PlatformSettings, 'Usr'>): string {
  return [mountedOptions(fileSystem, Usr.Options), alwaysOptions(fileSystem, { Usr })]
    .filter(Boolean)
    .join(',');
}
