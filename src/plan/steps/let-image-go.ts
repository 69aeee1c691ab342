import { imageHost } from '../../config/image-host.ts';
import type { PlatformConfig } from '../../config/validate.ts';
import { verityDevicePath, verityTool } from '../../config/verity-device.ts';
import { applets } from '../needs.ts';
import { onlyIf } from '../only-if.ts';
import { defineStep, type Said } from '../step.ts';
import { hasImageHost } from './find-image-partition.ts';
import { verityProgram } from './set-up-verity.ts';

interface LetImageGoView {
  readonly verityName: string;
  readonly devicePath: string;
  /** The program that can have the device removed later. */
  readonly tool: Readonly<Record<string, boolean>>;
  /** The image is a file, behind a loop device. */
  readonly loop: boolean;
  /** Where its file system is mounted; undefined where it is the partition itself. */
  readonly point: '/host' | '/memory' | undefined;
}

/** dm-ioctl.h, DM_DEFERRED_REMOVE; loop(4), LOOP_CLR_FD of a device that is in use. */
export const letImageGo = defineStep({
  name: 'let-image-go',
  summary:
    'with `FullInitrd.Host=partition`: the verity device, the loop device and the partition go by themselves when the full initrd leaves its root',
  when: hasImageHost,
  plan({ settings }: PlatformConfig): Said<LetImageGoView> {
    const files = imageHost(settings)?.files;
    return {
      explanation: [
        'Only the root of the full initrd holds its verity device, loop device and partition from here on: when that root goes, nothing of them is left in the system.',
      ],
      needs: {
        programs: [
          verityProgram(settings),
          ...applets(
            ...onlyIf(verityTool(settings) !== 'dm-create', 'rm'),
            ...onlyIf(files, 'losetup', 'umount'),
          ),
        ],
      },
      uses: [
        'kernel log',
        'verified image',
        ...onlyIf(files, 'image device'),
        ...onlyIf(verityTool(settings) !== 'dm-create', 'kernel file systems'),
      ],
      reads: onlyIf(files, 'image_device'),
      reasons: onlyIf(files, 'hand-over-failed'),
      view: {
        verityName: settings.Verity.Name,
        devicePath: verityDevicePath(settings),
        tool: { [verityTool(settings)]: true },
        loop: files !== undefined,
        point: files && (files.copied ? '/memory' : '/host'),
      },
    };
  },
});
