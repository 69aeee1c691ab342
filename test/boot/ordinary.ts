/**
 * Ordinary systems, without a verity /usr, with the unchanged initrds of their releases: booted to multi-user, with the root
 * on an ext4, in LUKS, or in a subvolume of a btrfs.
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { formatCommandLine } from '../../src/boot/command-line.ts';
import { runGuest } from '../../src/boot/guest.ts';
import { makeImagePartition } from '../../src/boot/image-partition.ts';
import { rootPartitionUuid } from '../../src/boot/partitions.ts';
import { makeRootImage } from '../../src/boot/root-image.ts';
import { reached } from '../../src/boot/timeline.ts';
import { judge } from '../../src/boot/verdict.ts';
import { readSystem } from '../../src/check/system.ts';
import { imageFormatOf } from '../../src/config/image-format.ts';
import { loadPlatform } from '../../src/config/load.ts';
import { withRootHashOfImage } from '../../src/config/root-hash.ts';
import { type DiskPart, makeDisk } from '../../src/disk/disk.ts';
import { createFileReader } from '../../src/host/files.ts';
import { buildMinimalInitrd } from '../../src/minimal/build.ts';
import { addedCheck } from '../../src/pack/added-check.ts';
import { packFullInitrd } from '../../src/pack/pack.ts';
import { planBoot } from '../../src/plan/plan.ts';
import { findKernelImage } from '../../src/sysroot/kernel.ts';
import type { Accelerator } from '../../src/tools/qemu.ts';
import { luksArgs } from '../../src/tools/qemu-img.ts';
import { run } from '../../src/tools/run.ts';
import { openLab, openRelease, type ReleaseName } from '../lab/lab.ts';

const lab = openLab();
const passphrase = 'correct horse battery staple';
const rootLabel = 'PARTLABEL=ROOT';

/** Where the root file system is, and the image. */
type Root = 'ext4' | 'luks' | 'btrfs';

/** The settings by which stage 1 finds the image. */
const places: Readonly<Record<Root, readonly string[]>> = {
  ext4: ['FullInitrd.HostDevice=PARTLABEL=BOOT', 'FullInitrd.HostFileSystem=ext4'],
  // An encrypted root keeps the image on the ESP: as the platform has it.
  luks: [],
  btrfs: [
    ...[
      `FullInitrd.HostDevice=${rootLabel}`,
      'FullInitrd.HostFileSystem=btrfs',
      'FullInitrd.HostSubvolume=/@',
    ],
    ...['FullInitrd.HostCopy=yes', 'FullInitrd.Image=/usr/lib/bootrelay/initrd.img'],
  ],
};

/** How the initrd finds the root, as it always did. */
const rootWords: Readonly<Record<Root, string>> = {
  ext4: 'root=PARTLABEL=ROOT rootfstype=ext4 rw',
  luks: `rd.luks.name=${'@UUID@'}=secret root=/dev/mapper/secret rootfstype=ext4 rw`,
  btrfs: 'root=PARTLABEL=ROOT rootfstype=btrfs rootflags=subvol=@ rw',
};

interface Ordinary {
  readonly release: ReleaseName;
  readonly form: 'shell' | 'systemd';
  readonly generator: 'dracut' | 'initramfs-tools';
  readonly root: Root;
}

async function bootOrdinary({ release, form, generator, root }: Ordinary) {
  const { sysroot, kernel, dracutPlain, initramfsTools } = openRelease(release);
  const initrd = generator === 'dracut' ? dracutPlain : initramfsTools;
  const work = mkdtempSync(join(lab.shared, 'ordinary-'));
  try {
    const loaded = loadPlatform(
      'platforms/any-linux.ini',
      [
        ...[`Initrd.Init=${form}`, 'Initrd.CompressionLevel=3', 'Initrd.SizeBudget=64M'],
        ...['Modules.Load=listed', 'Modules.ModuleDirectories=', 'Modules.Modules=-virtio_pci'],
        'Modules.Modules=virtio_blk',
        ...(generator === 'dracut' ? [] : ['FullInitrd.Init=/usr/lib/bootrelay/init']),
        ...places[root],
      ],
      createFileReader(),
    );
    const { config: given, files } = loaded;
    if (!given) throw new Error(JSON.stringify(loaded.findings));
    const image = join(work, 'image.img');
    const options = { config: given, plan: planBoot(given, files), initrd, sysroot, work };
    const { rootHash = '' } = await packFullInitrd({
      ...{ initrd, work, output: image, sealed: true, format: imageFormatOf(given.settings) },
      add: (tree) => addedCheck(tree, options),
    });
    const config = withRootHashOfImage(given, rootHash);
    const { kernel: found } = readSystem(sysroot, kernel);
    if (!found) throw new Error(`no kernel ${kernel}`);
    const plan = planBoot(config, files);
    const directory = mkdtempSync(join(work, 'build-'));
    const build = await buildMinimalInitrd({ config, plan, sysroot, kernel: found, work: directory });
    const { part, uuid } = await makeRoot(root, { sysroot, image, work });
    const host = root === 'btrfs' ? [] : [await makeImagePartition({ config, image, work })];
    const disk = join(work, 'disk.img');
    await makeDisk([...host, part], disk);
    const commandLine = formatCommandLine(config, rootHash).replace(
      'root=PARTLABEL=ROOT rootfstype=ext4 rw',
      rootWords[root].replace('@UUID@', uuid),
    );
    const log = join(lab.shared, `ordinary-${release}-${form}-${generator}-${root}.log`);
    const { seen, ended } = await runGuest({
      guest: {
        ...{ architecture: 'x86-64', accelerator: process.env.BOOTRELAY_TEST_ACCELERATOR as Accelerator },
        ...{ kernel: findKernelImage(sysroot, kernel) ?? '', initrd: build.image, commandLine },
        ...{ disks: [{ file: disk }], memory: 1536 },
      },
      log,
      timeout: 550,
      answers: root === 'luks' ? [{ to: /passphrase for disk/, text: `${passphrase}\n` }] : undefined,
      enough: (now) => reached(now, 'multi-user'),
      ...(root === 'luks' && { lastWords: 60_000 }),
    });
    const verdict = judge(seen, { config, goal: 'multi-user', rootHash }, ended);
    const words = readFileSync(log, 'latin1').split('\n').slice(-30).join('\n');
    return { verdict, words };
  } finally {
    rmSync(work, { recursive: true });
  }
}

interface RootOptions {
  readonly sysroot: string;
  readonly image: string;
  readonly work: string;
}

/** The root partition, and the UUID of its LUKS header. */
async function makeRoot(
  root: Root,
  { sysroot, image, work }: RootOptions,
): Promise<{ part: DiskPart; uuid: string }> {
  const output = join(work, 'root.img');
  // mkfs.btrfs makes subvolumes of a directory only since 6.12.
  const asBtrfs = async (tree: string) => {
    mkdirSync(join(tree, 'usr/lib/bootrelay'), { recursive: true });
    copyFileSync(image, join(tree, 'usr/lib/bootrelay/initrd.img'));
    writeFileSync(output, '');
    truncateSync(output, 4 * 1024 ** 3);
    const point = join(work, 'btrfs');
    mkdirSync(point);
    const script = `mkfs.btrfs -q "$1" && mount -o loop "$1" "$2" && btrfs -q subvolume create "$2/@" &&
      cp -a "$3/." "$2/@/" && umount "$2"`;
    execFileSync('unshare', ['--mount', 'sh', '-euc', script, 'sh', output, point, tree]);
  };
  await makeRootImage({ sysroot, output, work, usr: true, ...(root === 'btrfs' && { make: asBtrfs }) });
  const part = { name: 'ROOT', uuid: rootPartitionUuid };
  if (root !== 'luks') return { part: { ...part, file: output }, uuid: '' };
  const file = join(work, 'root.luks');
  await run(luksArgs(output, file, passphrase));
  // luks1-on-disk-format: the header's uuid.
  const uuid = readFileSync(file).toString('latin1', 168, 168 + 36);
  return { part: { ...part, file }, uuid };
}

const systems: readonly Omit<Ordinary, 'release'>[] = [
  { form: 'shell', generator: 'dracut', root: 'ext4' },
  { form: 'systemd', generator: 'dracut', root: 'ext4' },
  { form: 'shell', generator: 'initramfs-tools', root: 'ext4' },
  { form: 'systemd', generator: 'initramfs-tools', root: 'ext4' },
  { form: 'shell', generator: 'dracut', root: 'luks' },
  { form: 'systemd', generator: 'dracut', root: 'luks' },
  { form: 'shell', generator: 'dracut', root: 'btrfs' },
  { form: 'systemd', generator: 'initramfs-tools', root: 'btrfs' },
];

/** Boots all of one release; every fact of the booted system must be true. */
export function testOrdinary(release: ReleaseName): void {
  test.each(systems)(
    `${release}, $form form, $generator, root on $root`,
    async (system) => {
      const { verdict, words } = await bootOrdinary({ release, ...system });
      if (!verdict.ok) throw new Error(`${verdict.summary}\n${words}`);
      expect(verdict.facts.filter(({ ok }) => ok).length).toBeGreaterThan(6);
    },
    700_000,
  );
}
