import { mountedRoot, numbersItself } from '../../config/mount-options.ts';
import type { PlatformConfig } from '../../config/validate.ts';
import { verityDevicePath } from '../../config/verity-device.ts';
import type { Step } from '../boot-plan.ts';
import { nothing } from '../needs.ts';

export interface MountedUsrData {
  readonly verity: boolean;
  readonly verityName: string;
  readonly devicePath: string;
  readonly fileSystem: string;
  /** The file system numbers its mounts itself: what mountinfo says is no number of a device. */
  readonly numbersItself: boolean;
  /** Where the mount begins in the file system, as mountinfo says it. */
  readonly root: string;
}

/** proc_pid_mountinfo(5); Documentation/ABI/testing/sysfs-block-dm; /sys/fs/btrfs as fs/btrfs/sysfs.c has it. */
export function checkMountedUsr(config: PlatformConfig): Step<MountedUsrData> {
  const { Usr, Verity } = config.settings;
  const verity = Verity.Verity === 'required';
  return {
    name: 'check-mounted-usr',
    explanation: [
      `Requires that the kernel says the same of the mount: at /sysusr/usr is ${verity ? verityDevicePath(config.settings) : 'the partition'}, once, read-only, from ${mountedRoot(config.settings)} on, and no other device.`,
    ],
    needs: nothing,
    uses: ['mounted usr', 'usr device', ...(verity ? [] : (['data partition'] as const))],
    provides: ['mounts as the kernel has them'],
    variables: [],
    takes: verity ? [] : ['usr_partition'],
    leaves: [],
    waits: 0,
    failures: ['usr-not-as-verified'],
    data: {
      verity,
      verityName: Verity.Name,
      devicePath: verityDevicePath(config.settings),
      fileSystem: Usr.FileSystem,
      numbersItself: numbersItself(Usr.FileSystem),
      root: mountedRoot(config.settings),
    },
  };
}
