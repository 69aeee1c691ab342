import type { PlatformConfig } from '../../config/validate.ts';
import type { Step } from '../boot-plan.ts';
import { applets, kernelOptionsOfFileSystem, modules, mountProgram, nothing } from '../needs.ts';
import { variable } from '../values.ts';

export interface FullInitrdData {
  readonly fileSystem: string;
  readonly writable: boolean;
}

export function mountFullInitrd(config: PlatformConfig): Step<FullInitrdData> {
  const { Image, FileSystem, Writable, TmpfsSize } = config.settings.FullInitrd;
  return {
    name: 'mount-full-initrd',
    explanation: [
      `Loop-mounts the ${FileSystem} image ${Image}${Writable ? ', with a tmpfs overlay above it so that it can be written to' : ', read-only'}.`,
    ],
    needs: {
      ...nothing,
      modules: modules('loop', FileSystem, ...(Writable ? ['overlay'] : [])),
      kernelOptions: [
        'BLK_DEV_LOOP',
        ...kernelOptionsOfFileSystem[FileSystem],
        ...(Writable ? ['OVERLAY_FS'] : []),
      ],
      programs: [...mountProgram(config.settings), ...(Writable ? applets('umount', 'mkdir') : [])],
      directories: ['/full', ...(Writable ? ['/image', '/overlay'] : [])],
    },
    uses: ['mounted usr'],
    provides: ['full initrd root'],
    variables: [
      variable(config, 'image', 'FullInitrd.Image', Image),
      ...(Writable ? [variable(config, 'tmpfs_size', 'FullInitrd.TmpfsSize', TmpfsSize)] : []),
      variable(config, 'full_init', 'FullInitrd.Init', config.settings.FullInitrd.Init),
    ],
    takes: ['image', ...(Writable ? ['tmpfs_size'] : []), 'full_init'],
    leaves: [],
    waits: 0,
    failures: [
      'the image is not there',
      `the image is not a readable ${FileSystem}`,
      'it has no init program',
    ],
    data: {
      fileSystem: FileSystem,
      writable: Writable,
    },
  };
}
