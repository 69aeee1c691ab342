import {
  type ImageKind,
  imageFormatNumber,
  imageFormatOf,
  imageKindOf,
  imageMark,
} from '../../config/image-format.ts';
import { applets, asks, kernelOptionsOfImage, modules, mountProgram, options } from '../needs.ts';
import { variable } from '../source.ts';
import { defineStep, type Said } from '../step.ts';

export interface MountFullInitrdView {
  readonly fileSystem: string;
  readonly writable: boolean;
  /** The overlay reads files of the image from /usr. */
  readonly dataFromUsr: boolean;
  /** Mount options of an overlay above the image; none where the image alone is the root. */
  readonly overlay: string | undefined;
  /** What is mounted below the overlay, and detached once that holds it. */
  readonly layers: readonly string[];
  /** Where the image is mounted. */
  readonly point: string;
  /** The image names files of /usr. */
  readonly thin: boolean;
  /** What an image for this stage 1 says of itself at its end. */
  readonly kind: ImageKind;
  readonly format: number;
  readonly mark: string;
  /** What the kernel says of a mount of all of it: type, root, first byte, and 0 for no limit. */
  readonly wholeImage: string;
}

/** Linux 6.5 has data-only lower layers (Documentation/filesystems/overlayfs.rst). */
const dataOnlyLayers = { version: '6.5', because: 'FullInitrd.Thin', value: 'overlay' } as const;

export const mountFullInitrd = defineStep({
  name: 'mount-full-initrd',
  when: ({ FullInitrd }) => FullInitrd.Source !== 'usr',
  plan(config): Said<MountFullInitrdView> {
    const { Source, Thin, Image, FileSystem, Writable, TmpfsSize } = config.settings.FullInitrd;
    const dataFromUsr = Source === 'thin' && Thin === 'overlay';
    const overlay = Writable || dataFromUsr;
    const overlaySetting = Writable ? 'FullInitrd.Writable' : 'FullInitrd.Thin';
    const overlayOptions = [
      dataFromUsr ? 'lowerdir=/image::/sysusr/usr,metacopy=on' : 'lowerdir=/image',
      ...(dataFromUsr && Writable ? ['redirect_dir=on'] : []),
      ...(Writable ? ['upperdir=/overlay/upper', 'workdir=/overlay/work'] : []),
    ];
    return {
      explanation: [
        `Loop-mounts the ${FileSystem} image ${Image}${Writable ? ', with a tmpfs overlay above it so that it can be written to' : ', read-only'}.`,
        ...(dataFromUsr
          ? ['Files that /usr has too have no data in the image: overlayfs reads it from /usr.']
          : []),
        ...(Source === 'thin' && !dataFromUsr ? ['Files that /usr has too are links to /sysusr/usr.'] : []),
      ],
      needs: {
        modules: [
          ...asks('FullInitrd.Source', modules('loop')),
          ...asks('FullInitrd.FileSystem', modules(FileSystem)),
          ...asks(overlaySetting, modules(...(overlay ? ['overlay'] : []))),
        ],
        kernelOptions: [
          ...asks('FullInitrd.Source', options('BLK_DEV_LOOP')),
          ...kernelOptionsOfImage(imageFormatOf(config.settings), dataFromUsr),
          ...asks(overlaySetting, options(...(overlay ? ['OVERLAY_FS'] : []))),
          ...asks('FullInitrd.Thin', options(...(dataFromUsr && Writable ? ['TMPFS_XATTR'] : []))),
        ],
        kernelVersions: dataFromUsr ? [dataOnlyLayers] : [],
        programs: [
          ...mountProgram(config.settings),
          ...applets('tail', ...(overlay ? ['umount'] : []), ...(Writable ? ['mkdir'] : [])),
        ],
        directories: ['/full', ...(overlay ? ['/image'] : []), ...(Writable ? ['/overlay'] : [])],
      },
      uses: ['mounted usr', 'mounts as the kernel has them'],
      provides: ['full initrd root'],
      places: { 'full initrd root': Image },
      variables: [
        variable(config, 'image', 'FullInitrd.Image', Image),
        ...(Writable ? [variable(config, 'tmpfs_size', 'FullInitrd.TmpfsSize', TmpfsSize)] : []),
      ],
      reads: ['image', ...(Writable ? ['tmpfs_size'] : [])],
      reasons: [
        'image-missing',
        'image-unfit',
        'image-unmountable',
        'image-not-as-verified',
        ...(overlay ? (['overlay-failed'] as const) : []),
      ],
      view: {
        fileSystem: FileSystem,
        writable: Writable,
        dataFromUsr,
        overlay: overlay ? overlayOptions.join(',') : undefined,
        layers: ['/image', ...(Writable ? ['/overlay'] : [])],
        point: overlay ? '/image' : '/full',
        thin: Source === 'thin',
        kind: imageKindOf(config.settings),
        format: imageFormatNumber,
        mark: imageMark(imageKindOf(config.settings)),
        wholeImage: `${FileSystem} / 0 0`,
      },
    };
  },
});
