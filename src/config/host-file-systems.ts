/** File systems that may hold the image of the full initrd as a file, outside a verified /usr. */

interface HostFileSystemRow {
  readonly options: readonly string[];
  readonly modules: readonly string[];
  /** Kernel options, without CONFIG_. */
  readonly kernelOptions: readonly string[];
}

/**
 * How each is mounted, whatever is on it: read-only, and without replaying a log, which would write to it.
 * Sources: ext4(5), xfs(5), btrfs(5), and vfat.rst of the kernel, whose own defaults differ between distributions.
 */
export const hostFileSystems = {
  vfat: {
    options: ['codepage=437', 'iocharset=ascii'],
    modules: ['vfat', 'nls_cp437', 'nls_ascii'],
    kernelOptions: ['VFAT_FS', 'NLS_CODEPAGE_437', 'NLS_ASCII'],
  },
  ext4: { options: ['noload'], modules: ['ext4'], kernelOptions: ['EXT4_FS'] },
  btrfs: { options: ['rescue=nologreplay'], modules: ['btrfs'], kernelOptions: ['BTRFS_FS'] },
  xfs: { options: ['norecovery'], modules: ['xfs'], kernelOptions: ['XFS_FS'] },
  erofs: { options: [], modules: ['erofs'], kernelOptions: ['EROFS_FS'] },
  squashfs: { options: [], modules: ['squashfs'], kernelOptions: ['SQUASHFS'] },
} as const satisfies Record<string, HostFileSystemRow>;

export type HostFileSystem = keyof typeof hostFileSystems;

export const hostFileSystemNames = Object.keys(hostFileSystems) as readonly HostFileSystem[];
