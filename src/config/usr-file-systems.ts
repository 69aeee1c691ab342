/** The file systems that /usr may have, and how a superblock tells which one it is. */
/** Bytes that a file system always has at one place, in hexadecimal, in the order in which they stand there. */
export interface Magic {
  readonly at: number;
  readonly bytes: readonly [string, ...string[]];
}

/** Sources: erofs_fs.h, btrfs_tree.h, squashfs_fs.h, ext4.h, xfs_format.h and f2fs_fs.h of the kernel. */
export const usrFileSystems = {
  erofs: { at: 1024, bytes: ['e2', 'e1', 'f5', 'e0'] },
  btrfs: { at: 65_600, bytes: ['5f', '42', '48', '52', '66', '53', '5f', '4d'] },
  squashfs: { at: 0, bytes: ['68', '73', '71', '73'] },
  ext4: { at: 1080, bytes: ['53', 'ef'] },
  xfs: { at: 0, bytes: ['58', '46', '53', '42'] },
  f2fs: { at: 1024, bytes: ['10', '20', 'f5', 'f2'] },
} as const satisfies Record<string, Magic>;

export type UsrFileSystem = keyof typeof usrFileSystems;

export const usrFileSystemNames = Object.keys(usrFileSystems) as readonly UsrFileSystem[];
