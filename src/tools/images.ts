/** The tools that make file systems, as arguments. Same input, same bytes: no times, fixed UUIDs. */
import type { Command } from './run.ts';

const zeroUuid = '00000000-0000-0000-0000-000000000000';

/**
 * pax tar on standard input -> squashfs. sqfstar gives the root directory mode 0777 and the time of the build
 * unless it is told; 4.5 ignores -root-time.
 */
export function sqfstarArgs(output: string): Command {
  const root = ['-root-mode', '0755', '-root-uid', '0', '-root-gid', '0'];
  return {
    program: 'sqfstar',
    args: [
      '-quiet',
      '-no-progress',
      '-exit-on-error',
      '-mkfs-time',
      '0',
      '-all-time',
      '0',
      ...root,
      '-comp',
      'zstd',
      output,
    ],
  };
}

const erofsArgs = ['--quiet', '-zlz4hc', '-C65536', '-T0', '-U', zeroUuid];

/** pax tar on standard input -> erofs. Needs erofs-utils 1.7. */
export function erofsFromTarArgs(output: string): Command {
  return { program: 'mkfs.erofs', args: ['--tar=f', ...erofsArgs, output] };
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

/** A directory -> ext4 of `size` bytes. */
export function ext4FromDirectoryArgs(
  output: string,
  directory: string,
  size: number,
  uuid: string,
): Command {
  const args = ['-q', '-F', '-U', uuid, '-E', `root_owner=0:0,hash_seed=${uuid}`, '-d', directory, output];
  return { program: 'mkfs.ext4', args: [...args, `${Math.ceil(size / 1024)}k`] };
}
