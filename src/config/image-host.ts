/** The partition with the image of the full initrd, for a platform that has it there and not in a verified /usr. */
import { type HostFileSystem, hostFileSystems } from './host-file-systems.ts';
import type { PlatformSettings } from './settings.ts';
import { type DeviceSpec, formatDevice } from './value-types/devices.ts';

/** Where the image is. */
export interface ImageHost {
  /** Undefined only where a rule refuses the platform. */
  readonly device: DeviceSpec | undefined;
  /** The file system that holds the image as a file; undefined where the partition is the image. */
  readonly files: HostFiles | undefined;
}

interface HostFiles {
  readonly fileSystem: HostFileSystem;
  /** All mount options. */
  readonly options: string;
  readonly modules: readonly string[];
  readonly kernelOptions: readonly string[];
  /** The image is copied into memory, and the partition let go. */
  readonly copied: boolean;
}

/** The partition with the image; undefined where the image, or the full initrd itself, is in /usr. */
export function imageHost({ FullInitrd }: Pick<PlatformSettings, 'FullInitrd'>): ImageHost | undefined {
  const { Host, HostDevice: device, HostFileSystem: fileSystem, HostSubvolume, HostCopy } = FullInitrd;
  if (Host === 'usr') return undefined;
  if (fileSystem === 'none') return { device, files: undefined };
  const { options, modules, kernelOptions } = hostFileSystems[fileSystem];
  const subvolume = fileSystem === 'btrfs' && HostSubvolume !== undefined ? [`subvol=${HostSubvolume}`] : [];
  const all = ['ro', 'nosuid', 'nodev', 'noexec', ...options, ...subvolume];
  return { device, files: { fileSystem, options: all.join(','), modules, kernelOptions, copied: HostCopy } };
}

/** True where stage 1 sets /usr up: for the image in it, or since it is the full initrd. */
export function usesUsr(settings: Pick<PlatformSettings, 'FullInitrd'>): boolean {
  return settings.FullInitrd.Host === 'usr';
}

/** Where the image goes, in words. */
export function placeOfImage({ FullInitrd }: Pick<PlatformSettings, 'FullInitrd'>): string {
  const host = imageHost({ FullInitrd });
  const device = host?.device ? formatDevice(host.device) : 'the partition';
  if (!host) return FullInitrd.Image;
  return host.files ? `${FullInitrd.Image} of ${device}` : `${device} itself`;
}
