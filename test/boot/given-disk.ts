/** A disk as a distribution makes it: an EFI system partition with a unified kernel image, two slots, a root partition. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootPartitionUuid } from '../../src/boot/partitions.ts';
import { makeDisk } from '../../src/disk/disk.ts';
import { openLab } from '../lab/lab.ts';

const espType = 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B';
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
  const disk = join(work, 'given.raw');
  await makeDisk(
    [
      { name: 'ESP', uuid: uuid(1), type: espType, file: makeEsp(makeUki(given), work) },
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

/** A FAT file system of its own with \EFI\BOOT\BOOTX64.EFI, which firmware starts where it knows of nothing else. */
function makeEsp(uki: string, work: string): string {
  const esp = join(work, 'esp.img');
  writeFileSync(esp, '');
  truncateSync(esp, 64 * mebibyte);
  const tool = (program: string, ...args: readonly string[]) =>
    execFileSync(program, ['-i', esp, ...args], { env: { PATH: process.env.PATH, MTOOLS_SKIP_CHECK: '1' } });
  tool('mformat', '-F', '::');
  for (const directory of ['::/EFI', '::/EFI/BOOT']) tool('mmd', directory);
  tool('mcopy', uki, '::/EFI/BOOT/BOOTX64.EFI');
  return esp;
}

/** systemd-stub with sections behind its own, as ukify makes it. */
function makeUki({ kernel, initrd, commandLine, work }: GivenDisk): string {
  const stub = join(openLab().tools, 'usr/lib/systemd/boot/efi/linuxx64.efi.stub');
  mkdirSync(join(work, 'uki'));
  const text = (name: string, content: string) => {
    const file = join(work, 'uki', name);
    writeFileSync(file, content);
    return file;
  };
  const sections = [
    ['.osrel', text('osrel', 'ID=bootrelay-test\n')],
    ['.cmdline', text('cmdline', commandLine)],
    ['.initrd', initrd],
    ['.linux', kernel],
  ] as const;
  const bytes = readFileSync(stub);
  const header = bytes.readUInt32LE(0x3c) + 24; // the optional header of a PE file
  let address = bytes.readBigUInt64LE(header + 24) + BigInt(bytes.readUInt32LE(header + 56));
  const args: string[] = [];
  for (const [name, file] of sections) {
    args.push(
      '--add-section',
      `${name}=${file}`,
      '--change-section-vma',
      `${name}=0x${address.toString(16)}`,
    );
    address += BigInt(Math.ceil(statSync(file).size / 4096) * 4096);
  }
  const uki = join(work, 'uki/linux.efi');
  execFileSync('objcopy', [...args, stub, uki]);
  return uki;
}
