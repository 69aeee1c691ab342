/** Where stage 1 mounts /usr, and what systemd calls that. */
import { mountUnit } from './unit-names.ts';

export const usrMountPoint = '/sysusr/usr';

export const usrMountUnit = mountUnit(usrMountPoint);

/** Where a step puts mount options that only the boot knows. */
export const usrMountDropIns = `/run/systemd/system/${usrMountUnit}.d`;

/** A link to the partition, where that is mounted itself: a unit cannot have a name that only the boot knows. */
export const usrDeviceLink = '/run/bootrelay/stage1/usr-device';
