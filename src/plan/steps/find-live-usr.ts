import { liveUsr } from '../../config/live-usr.ts';
import type { PlatformSettings } from '../../config/settings.ts';
import type { PlatformConfig } from '../../config/validate.ts';
import { verityDevicePath } from '../../config/verity-device.ts';
import { liveParametersOf } from '../kernel-parameters.ts';
import { applets, asks, modules, options } from '../needs.ts';
import { onlyIf } from '../only-if.ts';
import { defineStep, type Said } from '../step.ts';
import { usrDeviceLink } from '../usr-mount.ts';

interface FindLiveUsrView {
  /** What a boot stops with where no loop device reads the file. */
  readonly loopRefused: string;
  readonly image: string;
  readonly hash: string | undefined;
  /** The kernel command line may name a device of /usr, which counts then. */
  readonly parameters: boolean;
  /** Without a root hash the image is used as it is. */
  readonly optional: boolean;
  readonly noRootHash: string;
  /** Other file systems that are cut off are refused by the kernel, when it mounts them. */
  readonly readsErofs: boolean;
  /** The link by which the mount unit of /usr finds a device that is not known before. */
  readonly link: string | undefined;
  readonly verityDevice: string;
  /** Digests of the files of the minimal initrd, and what its links say. */
  readonly digests: string;
  readonly links: string;
}

/** Where the build puts what the files of the minimal initrd are like, as sha256sum(1) reads it, and its links. */
export const ownFiles = {
  digests: '/usr/lib/bootrelay/files.sha256',
  links: '/usr/lib/bootrelay/links',
} as const;

/** True where a boot may find that /usr is a file of the initramfs. */
export function isLive(settings: PlatformSettings): boolean {
  return liveUsr(settings) !== undefined;
}

export const findLiveUsr = defineStep({
  name: 'find-live-usr',
  summary:
    'with `Usr.LiveImage`: where that file is in the initramfs and no device of /usr is named, a loop device reads it in its place, and the steps that look for a device, or verify what shall not be verified, are skipped',
  when: isLive,
  plan(config): Said<FindLiveUsrView> {
    const view = viewOf(config);
    const { optional, hash, parameters, link } = view;
    return {
      explanation: explanationOf(view),
      needs: {
        modules: asks('Usr.LiveImage', modules('loop')),
        kernelOptions: asks('Usr.LiveImage', options('BLK_DEV_LOOP')),
        programs: applets(
          ...['losetup', 'sha256sum', 'grep', 'readlink'],
          ...onlyIf(view.readsErofs, 'od'),
          ...onlyIf(link, 'ln'),
        ),
      },
      uses: [
        'kernel file systems',
        'kernel log',
        'disk drivers',
        ...onlyIf(parameters || optional, 'command line values'),
      ],
      provides: ['live usr'],
      places: { 'live usr': view.image },
      reads: [...onlyIf(parameters, 'usr_named'), ...onlyIf(optional, 'root_hash')],
      writes: [
        'live_image',
        'usr_partition',
        ...onlyIf(hash, 'hash_partition'),
        'why_not_live',
        ...onlyIf(optional, 'unverified_usr'),
      ],
      reasons: [
        'initrd-changed',
        'live-image-refused',
        ...onlyIf(view.readsErofs, 'usr-file-system-missing'),
        ...onlyIf(optional, 'root-hash-missing'),
        ...onlyIf(link, 'run-unwritable'),
      ],
      functions: ['loop-of'],
      view,
    };
  },
});

function explanationOf({ image, parameters, optional }: FindLiveUsrView): readonly string[] {
  return [
    `Where the initramfs has ${image}${parameters ? ' and the kernel command line names no device of /usr' : ''}, this is a live system: a loop device reads the file where it is, once in memory, and it is /usr. No device is looked for then.`,
    'An archive behind the minimal initrd may have brought other files too: those of stage 1 must be as they were built.',
    ...onlyIf(optional, 'Without a root hash it is used as it is, unverified.'),
  ];
}

function viewOf({ settings }: PlatformConfig): FindLiveUsrView {
  const { Initrd, KernelCommandLine, Usr } = settings;
  const live = liveUsr(settings);
  // Verity checks nothing that is read, at least in some boots.
  const mayBeUnverified = live?.verity !== 'required';
  return {
    loopRefused: 'live-image-refused',
    image: live?.image ?? '',
    hash: live?.hash,
    parameters: liveParametersOf(settings).length > 0,
    optional: live?.verity === 'optional',
    noRootHash: `${KernelCommandLine.RootHash.join('= or ')}= is missing or empty`,
    readsErofs: mayBeUnverified && Usr.FileSystem.includes('erofs'),
    link: mayBeUnverified && Initrd.Init === 'systemd' ? usrDeviceLink : undefined,
    verityDevice: verityDevicePath(settings),
    digests: ownFiles.digests,
    links: ownFiles.links,
  };
}
