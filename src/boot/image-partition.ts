/** The partition of a test machine that has the image of its full initrd, where that is not in a /usr. */
import { copyFileSync, mkdirSync, statSync, symlinkSync, truncateSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { imageHost } from '../config/image-host.ts';
import type { PlatformConfig } from '../config/validate.ts';
import { type DiskPart, wholeMebibytes } from '../disk/disk.ts';
import { makeEsp } from '../disk/esp.ts';
import { btrfsFromDirectoryArgs, ext4WithLogArgs } from '../tools/images.ts';
import { toolsTreeVariable } from '../tools/programs.ts';
import { requireVersion, run } from '../tools/run.ts';
import type { ImageFault } from './faults/fault.ts';
import { namesOf } from './partitions.ts';
import { makeFileSystem } from './usr-image.ts';

const imagePartitionUuid = 'b0074e1a-0000-4000-8000-000000000016';

export interface ImagePartitionOptions {
  readonly config: PlatformConfig;
  readonly image: string;
  readonly fault?: ImageFault | undefined;
  /** Other images beside it, by their paths there: files of this machine. */
  readonly others?: Readonly<Record<string, string>> | undefined;
  readonly work: string;
}

/** Makes the file system that the platform wants with the image in it, or takes the image itself. Throws ToolError. */
export async function makeImagePartition(options: ImagePartitionOptions): Promise<DiskPart> {
  const { config, image, work } = options;
  const host = imageHost(config.settings);
  const file = host?.files ? await makeHost(options) : join(work, 'image-partition.img');
  if (!host?.files) {
    copyFileSync(image, file);
    truncateSync(file, wholeMebibytes(statSync(file).size));
  }
  return { name: 'IMAGE', uuid: imagePartitionUuid, file, ...namesOf(host?.device) };
}

async function makeHost({ config, image, fault, others = {}, work }: ImagePartitionOptions): Promise<string> {
  const { Image, HostFileSystem, HostSubvolume = '/' } = config.settings.FullInitrd;
  const subvolume = HostFileSystem === 'btrfs' && HostSubvolume !== '/' ? HostSubvolume : undefined;
  const output = join(work, 'image-partition.img');
  if (HostFileSystem === 'vfat') {
    await makeEsp({ ...others, ...(!fault?.absent && { [Image]: image }) }, output);
    return output;
  }
  const tree = join(work, 'image-partition');
  const top = subvolume === undefined ? tree : join(tree, subvolume);
  const place = join(top, Image);
  mkdirSync(dirname(place), { recursive: true });
  // Some file systems are not made for nothing.
  mkdirSync(join(top, 'lost'), { recursive: true });
  for (const [path, file] of Object.entries(others)) {
    mkdirSync(dirname(join(top, path)), { recursive: true });
    copyFileSync(file, join(top, path));
  }
  if (!fault?.absent) copyFileSync(image, fault?.link ? `${place}.target` : place);
  if (fault?.link) symlinkSync(basename(`${place}.target`), place);
  if (subvolume !== undefined) {
    await requireVersion('mkfs.btrfs', '6.12', `name a newer distribution's tree in ${toolsTreeVariable}`);
    const { program, args } = btrfsFromDirectoryArgs(output, tree, btrfsUuid);
    await run({ program, args: [`--subvol=${subvolume.slice(1)}`, ...args] });
  } else if (HostFileSystem !== 'none') {
    const commands = makeFileSystem({ fileSystem: HostFileSystem, output, work }, tree);
    for (const command of commands) await run(command);
    if (fault?.log) await run(ext4WithLogArgs(output));
  }
  return output;
}

const btrfsUuid = 'b0074e1a-0000-4000-8000-000000000004';
