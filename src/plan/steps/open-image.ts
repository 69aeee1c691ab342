import { imageHost } from '../../config/image-host.ts';
import type { PlatformConfig } from '../../config/validate.ts';
import { applets, asks, modules, mountProgram, options } from '../needs.ts';
import { onlyIf } from '../only-if.ts';
import { variable } from '../source.ts';
import { defineStep, type Said } from '../step.ts';

interface OpenImageView {
  readonly fileSystem: string;
  readonly options: string;
  /** The image is copied into memory, and the partition let go. */
  readonly copied: boolean;
  /** What a boot stops with where no loop device reads the image. */
  readonly loopRefused: string;
}

/** Linux 5.9 has rescue=nologreplay (btrfs(5)). */
const withoutReplay = { version: '5.9', because: 'FullInitrd.HostFileSystem', value: 'btrfs' } as const;

/** The image as a device. Nothing of the file system that it is on is believed: dm-verity checks each block of the image. */
export const openImage = defineStep({
  name: 'open-image',
  summary:
    'with `FullInitrd.Host=partition`: mounts that partition read-only, without replaying a log, and opens the image there as a loop device, where it is or copied into memory',
  when: (settings) => imageHost(settings)?.files !== undefined,
  plan(config: PlatformConfig): Said<OpenImageView> {
    const { Image } = config.settings.FullInitrd;
    const files = imageHost(config.settings)?.files;
    const { fileSystem = '', options: mountOptions = '', copied = false } = files ?? {};
    return {
      explanation: [
        `Mounts the partition read-only at /host, as ${fileSystem}, without replaying a log: nothing of it is trusted, and nothing is written to it.`,
        copied
          ? `Copies ${Image} of it into memory, and lets the partition go: the full initrd may mount it as it likes.`
          : `A loop device reads ${Image} of it where it is.`,
      ],
      needs: {
        modules: [
          ...asks('FullInitrd.Host', modules('loop')),
          ...asks('FullInitrd.HostFileSystem', modules(...(files?.modules ?? []))),
        ],
        kernelOptions: [
          ...asks('FullInitrd.Host', options('BLK_DEV_LOOP')),
          ...asks('FullInitrd.HostFileSystem', options(...(files?.kernelOptions ?? []))),
        ],
        kernelVersions: onlyIf(fileSystem === 'btrfs', withoutReplay),
        programs: [
          ...mountProgram(config.settings),
          ...applets('losetup', ...onlyIf(copied, 'cat', 'umount')),
        ],
        directories: ['/host', ...onlyIf(copied, '/memory')],
      },
      uses: ['kernel file systems', 'image partition'],
      provides: ['image device'],
      places: { 'image device': Image },
      variables: [variable(config, 'image', 'FullInitrd.Image', Image)],
      reads: ['image_partition', 'image'],
      writes: ['image_device'],
      reasons: ['image-host-unmountable', 'image-missing', 'image-unreadable'],
      functions: ['loop-of'],
      view: { fileSystem, options: mountOptions, copied, loopRefused: 'image-unreadable' },
    };
  },
});
