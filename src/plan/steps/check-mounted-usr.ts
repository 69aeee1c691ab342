import { usesUsr } from '../../config/image-host.ts';
import { liveUsr, mayGoWithoutVerity } from '../../config/live-usr.ts';
import { mountedRoot, mountedRoots, numbersItself } from '../../config/mount-options.ts';
import { verityDevicePath } from '../../config/verity-device.ts';
import { onlyIf } from '../only-if.ts';
import { defineStep, type Said } from '../step.ts';
import { isFoundAtBoot } from '../usr-mount.ts';

export interface CheckMountedUsrView {
  readonly verity: boolean;
  /** A boot may go without verity. */
  readonly optional: boolean;
  /** The value that is set where /usr is a file of the initramfs that nothing verifies. */
  readonly live: 'live_image' | 'unverified_usr' | undefined;
  readonly verityName: string;
  readonly devicePath: string;
  readonly fileSystem: string;
  /** An earlier step has found which of several file systems it is; each with its root, as `FILE-SYSTEM:ROOT`. */
  readonly found: boolean;
  readonly roots: readonly string[];
  /** The file system numbers its mounts itself: what mountinfo says is no number of a device. */
  readonly numbersItself: boolean;
  /** Where the mount begins in the file system, as mountinfo says it. */
  readonly root: string;
}

/** proc_pid_mountinfo(5); Documentation/ABI/testing/sysfs-block-dm; /sys/fs/btrfs as fs/btrfs/sysfs.c has it. */
export const checkMountedUsr = defineStep({
  name: 'check-mounted-usr',
  summary:
    'requires that the kernel says the same: once, read-only, the verified device and no other, from its root on',
  when: usesUsr,
  plan(config): Said<CheckMountedUsrView> {
    const { Usr, Verity } = config.settings;
    const verity = Verity.Verity === 'required';
    const found = isFoundAtBoot(config.settings);
    const roots = Usr.FileSystem.map((name) => mountedRoot(name, config.settings));
    const root = [...new Set(roots)].join(' or ');
    const optional = mayGoWithoutVerity(config.settings);
    const alone = !verity && liveUsr(config.settings) ? 'live_image' : undefined;
    const live = optional ? 'unverified_usr' : alone;
    return {
      explanation: [
        `Requires that the kernel says the same of the mount: at /sysusr/usr is ${verity ? verityDevicePath(config.settings) : 'the partition'}, once, read-only, from ${root} on, and no other device.`,
      ],
      uses: [
        'kernel file systems',
        'mounted usr',
        'usr device',
        ...onlyIf(found, 'usr file system'),
        ...onlyIf(!verity, 'data partition'),
        ...onlyIf(live, 'live usr'),
      ],
      provides: ['mounts as the kernel has them'],
      reads: [
        ...onlyIf(found, 'usr_file_system'),
        ...onlyIf(!verity, 'usr_partition'),
        ...onlyIf(live, 'live_image'),
        ...onlyIf(optional, 'unverified_usr'),
      ],
      reasons: ['usr-not-as-verified'],
      functions: ['read-mount'],
      view: {
        verity,
        optional,
        live,
        verityName: Verity.Name,
        devicePath: verityDevicePath(config.settings),
        fileSystem: Usr.FileSystem[0],
        found,
        roots: mountedRoots(config.settings),
        numbersItself: Usr.FileSystem.some(numbersItself),
        root,
      },
    };
  },
});
