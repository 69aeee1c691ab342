/** Short ways to write what a step needs. */
import type { ImageFormat } from '../config/image-format.ts';
import type { PlatformSettings, SettingName } from '../config/settings.ts';
import type { KernelOptionNeed, ModuleNeed, Needs, ProgramNeed } from './need.ts';

export const nothing: Needs = {
  modules: [],
  moduleDirectories: [],
  kernelOptions: [],
  programs: [],
  files: [],
  deviceNodes: [],
  directories: [],
  inUsr: [],
  kernelVersions: [],
};

/** Needs that a setting brings: it is named where one cannot be met. */
export function asks<Need extends object>(
  because: SettingName,
  needs: readonly Need[],
): readonly (Need & { readonly because: SettingName })[] {
  return needs.map((need) => ({ ...need, because }));
}

/** Kernel options by name, without CONFIG_. */
export function options(...names: readonly string[]): readonly KernelOptionNeed[] {
  return names.map((option) => ({ option }));
}

/** Applets of busybox by name. */
export function applets(...names: readonly string[]): readonly ProgramNeed[] {
  return names.map((applet) => ({ applet }));
}

/** Programs by their path in the sysroot. */
export function programs(...paths: readonly string[]): readonly ProgramNeed[] {
  return paths.map((program) => ({ program }));
}

/** Kernel modules by name that a boot cannot do without. */
export function modules(...names: readonly string[]): readonly ModuleNeed[] {
  return names.map((name) => ({ name, optional: false }));
}

/** The module that makes sha256 faster, by architecture. Kernels from 6.16 on have it inside the library. */
export function hashAccelerator({ Platform }: PlatformSettings): ModuleNeed {
  return { name: Platform.Architecture === 'arm64' ? 'sha2-ce' : 'sha256-ssse3', optional: true };
}

/** mount(8): systemd's mount units want the one of util-linux, and then the scripts use it too. */
export function mountProgram({ Initrd }: PlatformSettings): readonly ProgramNeed[] {
  return Initrd.Init === 'systemd' ? asks('Initrd.Init', programs('/usr/bin/mount')) : applets('mount');
}

const kernelOptionsOfCompressor = {
  squashfs: { zstd: 'SQUASHFS_ZSTD', xz: 'SQUASHFS_XZ', gzip: 'SQUASHFS_ZLIB', lz4: 'SQUASHFS_LZ4' },
  erofs: { lz4hc: 'EROFS_FS_ZIP', zstd: 'EROFS_FS_ZIP_ZSTD', none: undefined },
} as const;

/** Kernel options behind a full-initrd image; `attributes` where it has extended ones. */
export function kernelOptionsOfImage(
  { fileSystem, compressor }: ImageFormat,
  attributes: boolean,
): readonly KernelOptionNeed[] {
  const byCompressor: Readonly<Record<string, string | undefined>> = kernelOptionsOfCompressor[fileSystem];
  const own = fileSystem === 'squashfs' ? 'SQUASHFS' : 'EROFS_FS';
  return [
    ...asks('FullInitrd.FileSystem', options(own)),
    ...asks('FullInitrd.Thin', options(...(attributes ? [`${own}_XATTR`] : []))),
    ...asks(
      'FullInitrd.Compression',
      options(...[byCompressor[compressor]].filter((option) => option !== undefined)),
    ),
  ];
}

/** Kernel options behind each file system of /usr. */
export const kernelOptionsOfFileSystem = {
  erofs: ['EROFS_FS', 'EROFS_FS_ZIP'],
  btrfs: ['BTRFS_FS'],
  squashfs: ['SQUASHFS', 'SQUASHFS_ZSTD', 'SQUASHFS_XATTR'],
  ext4: ['EXT4_FS'],
  xfs: ['XFS_FS'],
  f2fs: ['F2FS_FS', 'F2FS_FS_XATTR'],
} as const;
