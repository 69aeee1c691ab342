import {
  type ImageKind,
  imageFormatNumber,
  imageFormatOf,
  imageKindOf,
  imageMark,
  unpacksImage,
} from '../../config/image-format.ts';
import { usesUsr } from '../../config/image-host.ts';
import type { PlatformSettings } from '../../config/settings.ts';
import { verityDevicePath } from '../../config/verity-device.ts';
import type { Needs } from '../need.ts';
import { applets, asks, kernelOptionsOfImage, modules, mountProgram, options } from '../needs.ts';
import { onlyIf } from '../only-if.ts';
import { variable } from '../source.ts';
import { defineStep, type Said } from '../step.ts';

interface MountFullInitrdView {
  /** It is on a partition, and a verity device of its own. */
  readonly host: boolean;
  readonly verityName: string;
  readonly devicePath: string;
  readonly cannotMount: string;
  readonly fileSystem: string;
  readonly writable: boolean;
  /** The overlay reads files of the image from /usr. */
  readonly dataFromUsr: boolean;
  /** Mount options of an overlay above the image; none where the image alone is the root. */
  readonly overlay: string | undefined;
  /** What is mounted below the overlay, and detached once that holds it. */
  readonly layers: readonly string[];
  /** Its files are copied into memory. */
  readonly unpacks: boolean;
  /** Where the image is mounted. */
  readonly point: string;
  /** The image names files of /usr. */
  readonly thin: boolean;
  /** What an image for this stage 1 says of itself at its end. */
  readonly kind: ImageKind;
  readonly format: number;
  readonly mark: string;
  /** What the kernel says of a mount of all of it: type and root, and of a file the first byte, and 0 for no limit. */
  readonly wholeImage: string;
}

/** Linux 6.5 has data-only lower layers (Documentation/filesystems/overlayfs.rst). */
const dataOnlyLayers = { version: '6.5', because: 'FullInitrd.Thin', value: 'overlay' } as const;

export const mountFullInitrd = defineStep({
  name: 'mount-full-initrd',
  summary:
    'the verified image of a partition; or the image in /usr, once it says that it is for this stage 1; behind the mount its loop device must read a whole file of /usr; then the root, with a tmpfs overlay where it must be writable; a thin one with /usr below it ([thin.md](thin.md))',
  when: ({ FullInitrd }) => FullInitrd.Source !== 'usr',
  plan(config): Said<MountFullInitrdView> {
    const { Image, Writable, TmpfsSize } = config.settings.FullInitrd;
    const view = viewOf(config.settings);
    return {
      explanation: explanationOf(view, Image),
      needs: needsOf(config.settings, view),
      uses: [
        'kernel file systems',
        ...onlyIf(view.host, 'verified image'),
        ...onlyIf(!view.host, 'mounted usr', 'mounts as the kernel has them'),
      ],
      provides: ['full initrd root'],
      places: { 'full initrd root': Image },
      variables: [
        ...onlyIf(!view.host, variable(config, 'image', 'FullInitrd.Image', Image)),
        ...onlyIf(Writable, variable(config, 'tmpfs_size', 'FullInitrd.TmpfsSize', TmpfsSize)),
      ],
      reads: [...onlyIf(!view.host, 'image'), ...onlyIf(Writable, 'tmpfs_size')],
      // Behind the links that lead to it.
      writes: onlyIf(!view.host, 'image'),
      reasons: [
        ...onlyIf(!view.host, 'image-missing', 'image-unfit'),
        'image-unmountable',
        'image-not-as-verified',
        ...onlyIf(view.overlay ?? view.unpacks, 'overlay-failed'),
        ...onlyIf(view.host, 'hand-over-failed'),
      ],
      functions: onlyIf(view.host, 'read-mount'),
      view,
    };
  },
});

function explanationOf(
  { host, devicePath, fileSystem, writable, unpacks, thin, dataFromUsr }: MountFullInitrdView,
  image: string,
): readonly string[] {
  return [
    `${host ? `Mounts ${devicePath}, as ${fileSystem}` : `Loop-mounts the ${fileSystem} image ${image}`}${unpacks ? ', and copies its files into a tmpfs: the programs by which an initrd without systemd leaves its root want that' : writable ? ', with a tmpfs overlay above it so that it can be written to' : ', read-only'}.`,
    ...onlyIf(
      dataFromUsr,
      'Files that /usr has too have no data in the image: overlayfs reads it from /usr.',
    ),
    ...onlyIf(thin && !dataFromUsr, 'Files that /usr has too are links to /sysusr/usr.'),
  ];
}

function needsOf(
  settings: PlatformSettings,
  { host, writable, dataFromUsr, overlay, unpacks }: MountFullInitrdView,
): Partial<Needs> {
  const { FileSystem } = settings.FullInitrd;
  const overlaySetting = writable ? 'FullInitrd.Writable' : 'FullInitrd.Thin';
  return {
    modules: [
      ...asks('FullInitrd.Source', modules(...onlyIf(!host, 'loop'))),
      ...asks('FullInitrd.FileSystem', modules(FileSystem)),
      ...asks(overlaySetting, modules(...onlyIf(overlay, 'overlay'))),
    ],
    kernelOptions: [
      ...asks('FullInitrd.Source', options(...onlyIf(!host, 'BLK_DEV_LOOP'))),
      ...kernelOptionsOfImage(imageFormatOf(settings), dataFromUsr),
      ...asks(overlaySetting, options(...onlyIf(overlay, 'OVERLAY_FS'))),
      ...asks('FullInitrd.Thin', options(...onlyIf(dataFromUsr && writable, 'TMPFS_XATTR'))),
    ],
    kernelVersions: onlyIf(dataFromUsr, dataOnlyLayers),
    programs: [
      ...mountProgram(settings),
      ...applets(
        ...onlyIf(!host, 'tail'),
        ...onlyIf(overlay ?? unpacks, 'umount'),
        ...onlyIf(unpacks, 'cp'),
        ...onlyIf((writable && !unpacks) || host, 'mkdir'),
      ),
    ],
    directories: [
      '/full',
      ...onlyIf(overlay ?? unpacks, '/image'),
      ...onlyIf(writable && !unpacks, '/overlay'),
    ],
  };
}

function viewOf(settings: PlatformSettings): MountFullInitrdView {
  const { Source, Thin, FileSystem, Writable } = settings.FullInitrd;
  const dataFromUsr = Source === 'thin' && Thin === 'overlay';
  const unpacks = unpacksImage(settings);
  const overlay = (Writable && !unpacks) || dataFromUsr;
  const overlayOptions = [
    dataFromUsr ? 'lowerdir=/image::/sysusr/usr,metacopy=on' : 'lowerdir=/image',
    ...onlyIf(dataFromUsr && Writable, 'redirect_dir=on'),
    ...onlyIf(Writable, 'upperdir=/overlay/upper', 'workdir=/overlay/work'),
  ];
  const kind = imageKindOf(settings);
  return {
    host: !usesUsr(settings),
    verityName: settings.Verity.Name,
    devicePath: verityDevicePath(settings),
    cannotMount: `cannot mount ${verityDevicePath(settings)} as ${FileSystem}`,
    fileSystem: FileSystem,
    writable: Writable,
    dataFromUsr,
    overlay: overlay ? overlayOptions.join(',') : undefined,
    unpacks,
    layers: ['/image', ...onlyIf(Writable, '/overlay')],
    point: overlay || unpacks ? '/image' : '/full',
    thin: Source === 'thin',
    kind,
    format: imageFormatNumber,
    mark: imageMark(kind),
    wholeImage: usesUsr(settings) ? `${FileSystem} / 0 0` : `${FileSystem} /`,
  };
}
