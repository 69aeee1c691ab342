/**
 * Mount options of /usr, the one table: which a platform may set, which of them the kernel command line may set too, and what
 * each does. What is not here is refused. An option that names another device, or another place of the verified one, would be
 * mounted instead of what dm-verity checks. Sources: mount(8), ext4(5), btrfs(5), xfs(5), Documentation/filesystems of the kernel.
 */
import type { PlatformSettings } from './settings.ts';
import type { UsrFileSystem as FileSystem } from './usr-file-systems.ts';

/**
 * Who may set an option: `command line`, the kernel command line and the platform; `platform`, only the platform; `nobody`;
 * `later stages`: it is for systemd or mount(8), which know /usr by fstab, and stage 1 mounts without it; `always`: it is so
 * whoever says it, and stage 1 adds those of a file system itself.
 */
export type OptionUse = 'always' | 'command line' | 'platform' | 'nobody' | 'later stages';

export interface MountOption {
  /** As mount(8) takes it. At its end `=` stands for any value, `*` for any text. */
  readonly option: string;
  readonly use: OptionUse;
  /** What it does; for `nobody`, why that must not be. */
  readonly what: string;
}

function rows(use: OptionUse, options: Readonly<Record<string, string>>): readonly MountOption[] {
  return Object.entries(options).map(([option, what]) => ({ option, use, what }));
}

const ofAny: readonly MountOption[] = [
  ...rows('always', {
    ro: '/usr is mounted read-only',
    defaults: 'means nothing by itself',
  }),
  ...rows('command line', {
    noatime: 'no times of access, of which a read-only mount has none anyway',
    nodiratime: 'the same, of directories',
    relatime: 'the same, as the kernel does it by default',
    norelatime: 'the same',
    strictatime: 'the same',
    async: 'nothing on a read-only mount',
    nodev: 'device nodes of /usr cannot be opened',
    nosuid: 'programs of /usr do not get the rights of their owner',
    dev: 'as by default',
    suid: 'as by default',
    exec: 'as by default',
  }),
  ...rows('platform', {
    'context=': 'the SELinux context of all files',
    'fscontext=': 'the SELinux context of the file system',
    'rootcontext=': 'the SELinux context of the root directory',
    'defcontext=': 'the SELinux context of files without one',
  }),
  ...rows('later stages', {
    'x-*': 'is for systemd',
    auto: 'is for mount(8) and systemd',
    noauto: 'is for mount(8) and systemd',
    nofail: 'is for systemd',
    _netdev: 'is for systemd',
    nouser: 'is for mount(8)',
    'comment=': 'is for people',
  }),
  ...rows('nobody', {
    rw: '/usr is mounted read-only',
    remount: 'it changes a mount instead of making one',
    bind: 'it mounts a directory instead of the verified device',
    rbind: 'it mounts a directory instead of the verified device',
    move: 'it moves another mount',
    loop: 'it puts a loop device above the verified one',
    'loop=': 'it puts a loop device above the verified one',
    'offset=': 'it mounts another place of the verified device',
    'sizelimit=': 'it mounts a part of the verified device',
    encryption: 'it puts another device above the verified one',
    'X-*': 'mount(8) can mount another directory by it (X-mount.subdir)',
    'verity.*': 'mount(8) would set another verity device up',
    'helper=': 'it names a program',
    'uhelper=': 'it names a program',
    noexec: 'no program of /usr could be started',
    user: 'it means noexec',
    users: 'it means noexec',
    owner: 'it means nosuid and nodev for whoever owns the device',
    group: 'it means nosuid and nodev for whoever owns the device',
    sync: 'nothing is written to /usr',
    dirsync: 'nothing is written to /usr',
    shared: 'what is mounted below would appear elsewhere',
    rshared: 'what is mounted below would appear elsewhere',
  }),
];

const ofFileSystem: Readonly<Record<FileSystem, readonly MountOption[]>> = {
  erofs: [
    ...rows('command line', {
      'cache_strategy=disabled': 'how much of a compressed file is kept in memory: nothing',
      'cache_strategy=readahead': 'how much of a compressed file is kept in memory: the last part',
      'cache_strategy=readaround': 'how much of a compressed file is kept in memory: both ends',
    }),
    ...rows('platform', {
      user_xattr: 'extended attributes of users, as by default',
      nouser_xattr: 'no extended attributes of users',
      acl: 'POSIX ACLs, as by default',
      noacl: 'no POSIX ACLs',
      dax: 'reads memory that is a disk in its place',
      'dax=': 'reads memory that is a disk in its place',
    }),
    ...rows('nobody', {
      'device=': 'it names another device, which nothing has verified',
      'fsid=': 'it mounts from a cache instead of the verified device',
      'domain_id=': 'it mounts from a cache instead of the verified device',
      'fsoffset=': 'it mounts another place of the verified device',
    }),
  ],
  btrfs: [
    ...rows('command line', {
      'rescue=nologreplay': 'reads no log of changes: what a read-only device with one needs',
      nologreplay: 'rescue=nologreplay by its older name',
      norecovery: 'rescue=nologreplay by another name',
    }),
    ...rows('platform', {
      'subvol=': 'the directory of the file system that becomes /usr',
      compress: 'nothing on a read-only mount',
      'compress=': 'nothing on a read-only mount',
      'compress-force=': 'nothing on a read-only mount',
      nodatacow: 'nothing on a read-only mount',
      'thread_pool=': 'how many threads check and decompress',
      'fragment=': 'nothing on a read-only mount',
    }),
    ...rows('nobody', {
      'device=': 'it names another device, which nothing has verified',
      'subvolid=': 'what it mounts has no name to compare with: subvol= has one',
      usebackuproot: 'it mounts an older state of the verified device',
      recovery: 'it mounts an older state of the verified device',
      'rescue=': 'it mounts an older or a broken state; only rescue=nologreplay is known to be sound',
      degraded: 'it mounts a file system with devices missing: the verified one is whole',
    }),
  ],
  squashfs: [
    ...rows('command line', {
      'threads=single': 'how many threads decompress: one',
      'threads=multi': 'how many threads decompress: two a processor',
      'threads=percpu': 'how many threads decompress: one a processor',
    }),
    ...rows('platform', {
      'threads=': 'how many threads decompress',
      'errors=': 'what a damaged block does: `continue`, an error to the reader, or `panic`',
    }),
  ],
  ext4: [
    ...rows('command line', {
      noload: 'reads no journal: what a read-only device with one needs',
      norecovery: 'noload by another name',
    }),
    ...rows('platform', {
      'errors=': 'what a damaged block does: `continue`, `remount-ro` or `panic`',
      nouser_xattr: 'no extended attributes of users',
      noacl: 'no POSIX ACLs',
      noinit_itable: 'nothing on a read-only mount',
      'inode_readahead_blks=': 'how much is read ahead',
    }),
    ...rows('nobody', {
      'sb=': 'it reads another superblock of the verified device',
      'journal_dev=': 'it names another device, which nothing has verified',
      'journal_path=': 'it names another device, which nothing has verified',
    }),
  ],
  xfs: [
    ...rows('always', {
      norecovery: 'reads no log of changes: the device cannot be written to',
    }),
    ...rows('command line', {
      nouuid: 'may be mounted beside another one of the same UUID',
    }),
    ...rows('platform', {
      noquota: 'no quotas',
      inode32: 'nothing on a read-only mount',
      inode64: 'nothing on a read-only mount',
      largeio: 'what programs are told of the size to read at once: that of the stripes',
      nolargeio: 'what programs are told of the size to read at once, as by default',
      'allocsize=': 'nothing on a read-only mount',
      'logbufs=': 'nothing on a read-only mount',
      'logbsize=': 'nothing on a read-only mount',
    }),
    ...rows('nobody', {
      'logdev=': 'it names another device, which nothing has verified',
      'rtdev=': 'it names another device, which nothing has verified',
    }),
  ],
  f2fs: [
    ...rows('always', {
      norecovery:
        'reads no files that were written since the last checkpoint: the device cannot be written to',
    }),
    ...rows('command line', {
      disable_roll_forward: 'what norecovery means too',
    }),
    ...rows('platform', {
      nouser_xattr: 'no extended attributes of users',
      noacl: 'no POSIX ACLs',
      extent_cache: 'remembers where the blocks of files are, as by default',
      noextent_cache: 'does not remember where the blocks of files are',
      'background_gc=': 'nothing on a read-only mount',
    }),
    ...rows('nobody', {
      'checkpoint=': 'it mounts another state of the verified device',
      'fault_injection=': 'it makes errors on purpose',
      'fault_type=': 'it makes errors on purpose',
    }),
  ],
};

/** The options of a file system, then those of any. */
export function mountOptionsOf(fileSystem: FileSystem): readonly MountOption[] {
  return [...ofFileSystem[fileSystem], ...ofAny];
}

/** The options that any file system has with one of these uses, or that one has besides. */
export function optionsWithUse(
  fileSystem: FileSystem | 'any',
  uses: readonly OptionUse[],
): readonly string[] {
  const all = fileSystem === 'any' ? ofAny : ofFileSystem[fileSystem];
  return all.filter(({ use }) => uses.includes(use)).map(({ option }) => option);
}

/** Every row, with the file system that it is for; `any` for those that all have. */
export function allMountOptions(): readonly (MountOption & { readonly fileSystem: FileSystem | 'any' })[] {
  return [
    ...ofAny.map((row) => ({ ...row, fileSystem: 'any' as const })),
    ...Object.entries(ofFileSystem).flatMap(([fileSystem, own]) =>
      own.map((row) => ({ ...row, fileSystem: fileSystem as FileSystem })),
    ),
  ];
}

function stands(pattern: string, option: string): boolean {
  if (pattern.endsWith('*')) return option.startsWith(pattern.slice(0, -1));
  return pattern.endsWith('=')
    ? option.startsWith(pattern) && option.length > pattern.length
    : option === pattern;
}

/** The row that an option falls under, an exact one before one with any value; undefined for one that nobody knows. */
export function findMountOption(fileSystem: FileSystem, option: string): MountOption | undefined {
  const found = mountOptionsOf(fileSystem).filter((row) => stands(row.option, option));
  return found.find((row) => row.option === option) ?? found[0];
}

/** Options of a comma-separated text. */
export function splitMountOptions(text: string | undefined): readonly string[] {
  return (text ?? '').split(',').filter(Boolean);
}

/** Uses of options that stage 1 does not pass on: they say nothing to the kernel. */
export const dropped: readonly OptionUse[] = ['always', 'later stages'];

/** Uses of options that a platform may set and stage 1 passes on. */
const passedOn: readonly OptionUse[] = ['command line', 'platform'];

/** What of a setting stage 1 mounts a file system with, separated by commas: what is dropped, or is for others, is not in it. */
export function mountedOptions(fileSystem: FileSystem, text: string | undefined): string {
  return splitMountOptions(text)
    .filter((option) => passedOn.includes(findMountOption(fileSystem, option)?.use ?? 'nobody'))
    .join(',');
}

/** What a file system is mounted with whatever the kernel command line gives, but for `ro`, separated by commas. */
export function fixedOptions(fileSystem: FileSystem, { FixedOptions }: PlatformSettings['Usr']): string {
  const own = ofFileSystem[fileSystem].filter(({ use }) => use === 'always').map(({ option }) => option);
  return [...own, mountedOptions(fileSystem, FixedOptions)].filter(Boolean).join(',');
}

/** The same for each file system of the list, as `FILE-SYSTEM:ROOT`. */
export function mountedRoots(settings: Pick<PlatformSettings, 'Usr'>): readonly string[] {
  return settings.Usr.FileSystem.map((fileSystem) => `${fileSystem}:${mountedRoot(fileSystem, settings)}`);
}

/** True for a file system that may have several devices, and numbers of its own for what is mounted. */
export function numbersItself(fileSystem: FileSystem): boolean {
  return fileSystem === 'btrfs';
}

/** Where the root of the mounted /usr is in a file system: `/`, or what subvol= names. */
export function mountedRoot(fileSystem: FileSystem, { Usr }: Pick<PlatformSettings, 'Usr'>): string {
  const options = [Usr.Options, Usr.FixedOptions].flatMap((text) =>
    splitMountOptions(mountedOptions(fileSystem, text)),
  );
  const named = options.findLast((option) => option.startsWith('subvol='));
  return `/${(named ?? '').slice('subvol='.length).replace(/^\/+|\/+$/g, '')}`;
}
