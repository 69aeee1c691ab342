/** A disk as a distribution makes it: an EFI system partition with a unified kernel image, two slots, a root partition. */
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootPartitionUuid } from '../../src/boot/partitions.ts';
import { makeDisk } from '../../src/disk/disk.ts';
import { espType, makeEsp } from '../../src/disk/esp.ts';
import { buildUki } from '../../src/uki/build-uki.ts';
import { osReleaseOf } from '../../src/uki/efi-programs.ts';
import { configure } from '../config/platform-files.ts';
import { openLab } from '../lab/lab.ts';

const mebibyte = 1024 * 1024;

export interface GivenDisk {
  readonly kernel: string;
  readonly initrd: string;
  /** The kernel command line in the UKI. */
  readonly commandLine: string;
  /** The /usr of slot B; slot A has none. */
  readonly usr: string;
  readonly work: string;
}

/** Makes the disk; gives its file. */
export async function makeGivenDisk(given: GivenDisk): Promise<string> {
  const { work, usr } = given;
  const empty = join(work, 'empty.img');
  writeFileSync(empty, '');
  truncateSync(empty, mebibyte);
  const config = configure();
  const { kernel, initrd, commandLine } = given;
  const { sysroot, kernel: version } = openLab();
  const words = { main: commandLine, recovery: undefined };
  const osRelease = osReleaseOf(sysroot);
  const uki = await buildUki({ config, sysroot, kernel, version, initrd, osRelease, words, work });
  const esp = join(work, 'given-esp.img');
  await makeEsp({ '/EFI/BOOT/BOOTX64.EFI': uki }, esp);
  const disk = join(work, 'given.raw');
  await makeDisk(
    [
      { name: 'ESP', uuid: uuid(1), type: espType, file: esp },
      { name: 'USR-A', uuid: uuid(2), file: empty },
      { name: 'USR-B', uuid: uuid(3), file: usr },
      { name: 'ROOT', uuid: rootPartitionUuid, file: join(openLab().shared, 'root.img') },
    ],
    disk,
  );
  return disk;
}

function uuid(number: number): string {
  return `b0074e1a-0000-4000-8000-00000000010${number}`;
}
