/** Real boots for tests: a platform from settings, the shared /usr, a disk, QEMU. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type DiskPart, makeDisk } from '../../src/boot/disk.ts';
import { joinCpio, makeExtraCpio as makeCpio } from '../../src/boot/extra-cpio.ts';
import type { Fault } from '../../src/boot/faults.ts';
import { type GuestRun, runGuest } from '../../src/boot/guest.ts';
import { injectFault } from '../../src/boot/inject-fault.ts';
import {
  formatCommandLine,
  rootPartitionUuid,
  usrPartitionUuid,
  withRootHash,
} from '../../src/boot/machine.ts';
import { type Goal, reached } from '../../src/boot/timeline.ts';
import { addHashTree } from '../../src/boot/usr-image.ts';
import { judge, type Verdict } from '../../src/boot/verdict.ts';
import { buildMinimalInitrd } from '../../src/build/build.ts';
import { findKernelImage } from '../../src/build/kernel.ts';
import type { PlatformConfig } from '../../src/config/validate.ts';
import { planBoot } from '../../src/plan/plan.ts';
import type { Accelerator, DiskBus } from '../../src/tools/qemu.ts';
import { configure } from '../config/platform-files.ts';
import { openLab, sharedImages, sharedUsr } from '../lab/lab.ts';

const lab = openLab();

export interface TestBoot {
  /**
   * Which full initrd: the one of dracut, the probe that says how it found the machine, or the system's own /usr. Or one
   * stage only.
   */
  readonly full: 'dracut' | 'probe' | 'usr' | 'monolithic';
  readonly usr: 'erofs' | 'btrfs';
  /** File system of the image; erofs unless told. */
  readonly image?: 'squashfs' | 'erofs';
  /** dracut's full initrd as a thin image. */
  readonly thin?: 'overlay' | 'links';
  /** Form of stage 1; shell unless told. */
  readonly form?: 'shell' | 'systemd';
  readonly goal: Goal;
  readonly settings?: readonly string[];
  /** Build the root hash of the disk in. */
  readonly builtIn?: boolean;
  /** More kernel command line. */
  readonly append?: string;
  /** cpio behind the minimal initrd, as systemd-stub adds it. */
  readonly extraCpio?: string;
  /** Changes the disk after it is written. */
  readonly damage?: (disk: string, usrStart: number) => void;
  /** Give the machine UEFI firmware and a TPM. */
  readonly tpm?: boolean;
  /** Settings of Modules; virtio_blk unless told. */
  readonly modules?: readonly string[];
  /** The kernel for any hardware, instead of the one for virtual machines. */
  readonly generic?: boolean;
  /** What the disk is attached to. */
  readonly diskBus?: DiskBus;
  /** What is wrong with the machine. */
  readonly fault?: Fault;
}

export interface BootResult extends GuestRun {
  readonly verdict: Verdict;
  readonly rootHash: string;
  readonly log: string;
}

/** Where the /usr partition starts on a test disk. */
const usrStart = 1024 * 1024;

export async function boot(options: TestBoot): Promise<BootResult> {
  const work = mkdtempSync(join(lab.shared, 'boot-'));
  try {
    return await bootIn(work, options);
  } finally {
    rmSync(work, { recursive: true });
  }
}

async function bootIn(work: string, options: TestBoot): Promise<BootResult> {
  const given = configure(
    ...[
      `Initrd.Init=${options.form ?? 'shell'}`,
      ...(options.modules ?? ['Modules.Modules=virtio_blk']),
      `Usr.FileSystem=${options.usr}`,
      'Initrd.CompressionLevel=3',
    ],
    ...(options.full === 'usr' ? ['FullInitrd.Source=usr'] : imageSettings(options)),
    ...['Devices.Timeout=3s', 'Emergency.Delay=100ms'],
    ...(options.settings ?? []),
    ...(options.fault?.settings ?? []),
  );
  const system: System = options.generic ? lab.generic : lab;
  const usr = await usrParts(given, options, work);
  const config = options.builtIn ? withRootHash(given, usr.rootHash) : given;
  const disk = join(work, 'disk.img');
  await makeDisk(
    [...usr.parts, { name: 'ROOT', uuid: rootPartitionUuid, file: join(lab.shared, 'root.img') }],
    disk,
  );
  options.damage?.(disk, usrStart);
  const image =
    options.full === 'monolithic' ? lab.monolithicInitrd : await buildInitrd(config, system, work);
  const initrd =
    options.extraCpio === undefined ? image : joinCpio(image, options.extraCpio, join(work, 'joined.img'));
  const log = join(lab.shared, `${nextLogName()}.log`);
  const sound = {
    initrd,
    disks: [disk],
    commandLine: [formatCommandLine(config, usr.rootHash), options.append ?? ''].join(' ').trim(),
  };
  const { KernelCommandLine } = config.settings;
  const machine = options.fault ? await injectFault(options.fault, sound, KernelCommandLine, work) : sound;
  const result = await runGuest({
    guest: {
      architecture: 'x86-64',
      accelerator: process.env.BOOTRELAY_TEST_ACCELERATOR as Accelerator,
      kernel: findKernelImage(system.sysroot, system.kernel) ?? '',
      diskBus: options.diskBus,
      ...machine,
      memory: 1024,
      ...(options.tpm && { tpm: join(work, 'tpm') }),
    },
    log,
    timeout: options.goal === 'multi-user' ? 280 : 120,
    enough: (seen) => reached(seen, options.goal),
    lastWords: 20_000,
  });
  const verdict = judge(result.seen, { config, goal: options.goal, rootHash: usr.rootHash }, result.ended);
  return { ...result, verdict, rootHash: usr.rootHash, log };
}

function imageSettings({ full, image = 'erofs', thin }: TestBoot): readonly string[] {
  const images = sharedImages[thin ?? (full === 'probe' ? 'probe' : 'dracut')];
  return [
    `FullInitrd.FileSystem=${image}`,
    `FullInitrd.Image=${images[image]}`,
    ...(thin ? ['FullInitrd.Source=thin', `FullInitrd.Thin=${thin}`] : []),
  ];
}

let boots = 0;
function nextLogName(): string {
  boots += 1;
  return `console-${process.pid}-${boots}`;
}

async function usrParts(config: PlatformConfig, { usr }: TestBoot, work: string) {
  const file = join(lab.shared, sharedUsr[usr]);
  const part = (source: string): DiskPart => ({ name: 'USR-A', uuid: usrPartitionUuid, file: source });
  if (!config.settings.Verity.HashDevice)
    return { parts: [part(file)], rootHash: readFileSync(`${file}.roothash`, 'utf8') };
  const hash = join(work, 'hash.img');
  const rootHash = await addHashTree(`${file}.data`, hash);
  const hashPart = { name: 'USR-A-HASH', uuid: 'b0074e1a-0000-4000-8000-000000000012', file: hash };
  return { parts: [part(`${file}.data`), hashPart], rootHash };
}

interface System {
  readonly sysroot: string;
  readonly kernel: string;
}

async function buildInitrd(config: PlatformConfig, system: System, work: string): Promise<string> {
  const directory = join(work, 'build');
  mkdirSync(directory);
  const plan = planBoot(config, []);
  const { build, findings } = await buildMinimalInitrd({
    config,
    plan,
    ...system,
    work: directory,
  });
  if (!build) throw new Error(JSON.stringify(findings));
  return build.image;
}

/** A cpio with files by path, for root only, as systemd-stub makes one for credentials in /.extra. */
export function makeExtraCpio(
  files: Readonly<Record<string, string | Buffer>>,
  mode = 0o400,
): Promise<string> {
  return makeCpio(files, lab.shared, mode);
}

/** The values of one key of the guest's report. */
export function reported({ seen }: GuestRun, key: string): readonly string[] {
  return seen.report.filter((line) => line.key === key).map(({ value }) => value);
}
