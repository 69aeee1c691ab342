/** The arguments of tools that make file systems. The same input gives the same bytes: no times, fixed UUIDs. */
import type { ImageFormat } from '../config/image-format.ts';
import type { Command } from './run.ts';

const zeroUuid = '00000000-0000-0000-0000-000000000000';

/**
 * pax tar on standard input -> an image. Needs erofs-utils 1.7 for erofs, 1.8 for its zstd. `holes`: most files
 * hold only zeros, which squashfs keeps for nothing; erofs keeps each such block once, and ends of files in their inodes.
 */
export function imageFromTarArgs(format: ImageFormat, output: string, holes: boolean): Command {
  return format.fileSystem === 'squashfs'
    ? sqfstarArgs(format, output)
    : erofsFromTarArgs(format, output, holes);
}

/** sqfstar gives the root directory mode 0777 and the time of the build by default; 4.5 ignores -root-time. */
function sqfstarArgs({ compressor, blockSize }: ImageFormat, output: string): Command {
  const root = ['-root-mode', '0755', '-root-uid', '0', '-root-gid', '0'];
  const times = ['-mkfs-time', '0', '-all-time', '0'];
  const compression = ['-comp', compressor, ...(compressor === 'lz4' ? ['-Xhc'] : [])];
  return {
    program: 'sqfstar',
    args: [
      ...['-quiet', '-no-progress', '-exit-on-error', ...times, ...root],
      ...['-b', String(blockSize), ...compression, output],
    ],
  };
}

function erofsFromTarArgs({ compressor, blockSize }: ImageFormat, output: string, holes: boolean): Command {
  const compression = compressor === 'none' ? [] : [`-z${compressor}`, `-C${blockSize}`];
  // Without -Efragments: with it mkfs.erofs 1.8.6 fills small files of a tar with zeros of others.
  const ends = holes && compressor !== 'none' ? ['-Eztailpacking,dedupe'] : [];
  return {
    program: 'mkfs.erofs',
    args: ['--tar=f', '--quiet', ...compression, ...ends, '-T0', '-U', zeroUuid, output],
  };
}

/** A directory -> erofs with one time for all files. */
export function erofsFromDirectoryArgs(output: string, directory: string, uuid: string): Command {
  return { program: 'mkfs.erofs', args: ['-zlz4hc', '-T0', '-U', uuid, output, directory] };
}

/** A directory -> btrfs, as small as it gets. */
export function btrfsFromDirectoryArgs(output: string, directory: string, uuid: string): Command {
  const args = ['--quiet', '--force', '--shrink', '--uuid', uuid, '--rootdir', directory, output];
  return { program: 'mkfs.btrfs', args };
}

/** A directory -> squashfs. */
export function squashfsFromDirectoryArgs(output: string, directory: string): Command {
  const args = [directory, output, '-quiet', '-no-progress', '-noappend', '-mkfs-time', '0', '-comp', 'zstd'];
  return { program: 'mksquashfs', args };
}

/** A directory -> ext4 of `size`, in whole KiB. */
export function ext4FromDirectoryArgs(
  output: string,
  directory: string,
  size: { readonly bytes: number; readonly inodes: number },
  uuid: string,
): Command {
  const own = ['-U', uuid, '-E', `root_owner=0:0,hash_seed=${uuid}`, '-N', String(size.inodes)];
  // A small file system would have blocks of 1 KiB, and no symbolic link longer than that.
  const args = ['-q', '-F', '-b', '4096', ...own, '-d', directory, output];
  return { program: 'mkfs.ext4', args: [...args, `${Math.ceil(size.bytes / 1024)}k`] };
}

/** Says of an ext4 that its log must be replayed: debugfs(8). */
export function ext4WithLogArgs(image: string): Command {
  return { program: 'debugfs', args: ['-w', '-R', 'feature needs_recovery', image] };
}

/**
 * A prototype file (mkfs.xfs(8), -p) -> xfs in a file that is as large as it shall be. Releases from 6.13 on take the time from
 * the environment; older ones write that of the build.
 */
export function xfsFromPrototypeArgs(output: string, prototype: string, uuid: string): Command {
  // The sectors of a dm-verity device are its blocks.
  const args = ['-q', '-f', '-K', '-s', 'size=4096', '-m', `uuid=${uuid}`, '-p', prototype, output];
  return { program: 'mkfs.xfs', args, env: { SOURCE_DATE_EPOCH: '0', DETERMINISTIC_SEED: '1' } };
}

/** An empty f2fs in a file that is as large as it shall be. */
export function f2fsArgs(output: string, uuid: string): Command {
  return { program: 'mkfs.f2fs', args: ['-q', '-f', '-r', '-T', '0', '-U', uuid, output] };
}

/** A directory -> an f2fs that is there. */
export function f2fsFromDirectoryArgs(output: string, directory: string): Command {
  return { program: 'sload.f2fs', args: ['-P', '-T', '0', '-f', directory, output] };
}
