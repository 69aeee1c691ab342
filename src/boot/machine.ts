/** Everything a boot needs, made from a platform, a sysroot and a full initrd. */
import { mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkPackedImage } from '../check/image.ts';
import { imageFormatOf, thinOf } from '../config/image-format.ts';
import type { PlatformConfig } from '../config/validate.ts';
import { type Finding, hasErrors } from '../findings.ts';
import { readPackedImage } from '../initrd/packed-image.ts';
import { type Build, buildMinimalInitrd } from '../minimal/build.ts';
import { packFullInitrd } from '../pack/pack.ts';
import type { BootPlan } from '../plan/boot-plan.ts';
import { planBoot } from '../plan/plan.ts';
import { findKernelImage } from '../sysroot/kernel.ts';
import { ToolError } from '../tools/programs.ts';
import { consoleDevice } from '../tools/qemu.ts';
import { type DiskPart, makeDisk, wholeMebibytes } from './disk.ts';
import type { ImageFault } from './faults/fault.ts';
import { makeRootImage } from './root-image.ts';
import { addHashTree, makeUsrImage } from './usr-image.ts';

const usrPartitionUuid = 'b0074e1a-0000-4000-8000-000000000011';
const hashPartitionUuid = 'b0074e1a-0000-4000-8000-000000000012';
const fecPartitionUuid = 'b0074e1a-0000-4000-8000-000000000014';
export const rootPartitionUuid = 'b0074e1a-0000-4000-8000-000000000013';

export interface MachineOptions {
  readonly config: PlatformConfig;
  readonly plan: BootPlan;
  /** The files that the plan came from, for the plan with the disk's root hash. */
  readonly files: readonly string[];
  readonly sysroot: string;
  readonly kernel: string;
  /** A full initrd, to be packed as the platform says, or a packed image of one. None for FullInitrd.Source=usr. */
  readonly initrd: string | undefined;
  readonly work: string;
  /** What is wrong with the packed full initrd. */
  readonly imageFault?: ImageFault | undefined;
  readonly progress: (what: string) => void;
}

export interface Machine {
  /** The directory with all that the machine is made of. */
  readonly work: string;
  readonly kernelImage: string;
  readonly build: Build;
  readonly disk: string;
  /** The packed full initrd; none for FullInitrd.Source=usr. */
  readonly image: string | undefined;
  readonly commandLine: string;
  readonly rootHash: string | undefined;
  /** Findings of the build, none of which is an error. */
  readonly findings: readonly Finding[];
}

export type MachineResult = { readonly machine: Machine } | { readonly findings: readonly Finding[] };

/** Makes the machine: packs the full initrd, makes /usr with its hash tree, builds the minimal initrd, writes the disk. Throws ToolError. */
export async function makeMachine(options: MachineOptions): Promise<MachineResult> {
  const { config, sysroot, work, progress } = options;
  const kernelImage = findKernelImage(sysroot, options.kernel);
  if (!kernelImage)
    throw new ToolError(`the sysroot has no kernel image: no /boot/vmlinuz-${options.kernel}`);
  const given = givenImage(options);
  const unfit = given === undefined ? [] : checkPackedImage(given, config);
  if (hasErrors(unfit)) return { findings: unfit };
  const image = given ?? (await packedImage(options));
  progress(`making /usr as ${config.settings.Usr.FileSystem}`);
  const usr = await makeSealedUsr(options, image);
  progress('building the minimal initrd');
  const built = await buildForHash(options, usr.rootHash);
  const findings = [...unfit, ...built.findings];
  if (!built.build || hasErrors(findings)) return { findings };
  progress('writing the disk');
  const root = join(work, 'root.img');
  await makeRootImage({ sysroot, output: root, work });
  const disk = join(work, 'disk.img');
  await makeDisk([...usr.parts, { name: 'ROOT', uuid: rootPartitionUuid, file: root }], disk);
  return {
    machine: {
      work,
      kernelImage,
      build: built.build,
      disk,
      image,
      commandLine: formatCommandLine(config, usr.rootHash),
      rootHash: usr.rootHash,
      findings,
    },
  };
}

/** The image that is given ready-made, instead of a full initrd. */
function givenImage({ config, initrd }: MachineOptions): string | undefined {
  if (config.settings.FullInitrd.Source === 'usr' || initrd === undefined) return undefined;
  return readPackedImage(initrd) && initrd;
}

/** The image for /usr; none where the full initrd is /usr itself. */
async function packedImage({
  config,
  initrd,
  sysroot,
  work,
  imageFault,
  progress,
}: MachineOptions): Promise<string | undefined> {
  if (config.settings.FullInitrd.Source === 'usr' || initrd === undefined) return undefined;
  progress('packing the full initrd');
  const output = join(work, 'full-initrd.img');
  const kind = thinOf(config.settings);
  const thin = kind && { kind, usr: join(sysroot, 'usr') };
  const format = imageFormatOf(config.settings);
  await packFullInitrd({ initrd, format, thin, output, work, change: imageFault?.tree });
  if (imageFault?.change) writeFileSync(output, imageFault.change(readFileSync(output)));
  return output;
}

interface SealedUsr {
  readonly parts: readonly DiskPart[];
  readonly rootHash: string | undefined;
}

async function makeSealedUsr(
  { config, sysroot, work }: MachineOptions,
  image: string | undefined,
): Promise<SealedUsr> {
  const { Usr, FullInitrd } = config.settings;
  const file = join(work, 'usr.img');
  const files = image === undefined ? [] : [{ source: image, target: FullInitrd.Image }];
  await makeUsrImage({ sysroot, files, fileSystem: Usr.FileSystem, output: file, work });
  return sealUsr(config, file, work);
}

/** Adds the hash tree where the platform says that it is, and gives the partitions the names and UUIDs by which the platform looks for them. */
export async function sealUsr(config: PlatformConfig, file: string, work: string): Promise<SealedUsr> {
  const { Verity, HashDevice, FecDevice, FecRoots } = config.settings.Verity;
  const hash = HashDevice && join(work, 'usr-hash.img');
  const correction = FecDevice && { file: join(work, 'usr-fec.img'), roots: FecRoots };
  const parts = usrPartitions(config, { data: file, hash, correction: correction?.file });
  if (Verity === 'no') return { parts, rootHash: undefined };
  // The data for error correction cover all of the hash partition, to its end (veritysetup(8), --fec-device).
  if (hash && correction) writeZeros(hash, wholeMebibytes(statSync(file).size / 100));
  return { parts, rootHash: await addHashTree(file, hash, correction) };
}

function writeZeros(file: string, size: number): void {
  writeFileSync(file, '');
  truncateSync(file, size);
}

/** The files of a /usr as the partitions that the platform looks for. */
export function usrPartitions(
  { settings: { Usr, Verity } }: PlatformConfig,
  files: {
    readonly data: string;
    readonly hash?: string | undefined;
    readonly correction?: string | undefined;
  },
): readonly DiskPart[] {
  const verity = Verity.Verity === 'required';
  const wanted = [
    { file: files.data, device: Verity.DataDevice ?? Usr.Device, name: 'USR-A', uuid: usrPartitionUuid },
    {
      file: verity ? files.hash : undefined,
      device: Verity.HashDevice,
      name: 'USR-A-HASH',
      uuid: hashPartitionUuid,
    },
    {
      file: verity ? files.correction : undefined,
      device: Verity.FecDevice,
      name: 'USR-A-FEC',
      uuid: fecPartitionUuid,
    },
  ];
  return wanted.flatMap(({ file, device, name, uuid }) =>
    file === undefined
      ? []
      : [
          {
            file,
            name: device?.by === 'PARTLABEL' ? device.value : name,
            uuid: device?.by === 'PARTUUID' ? device.value : uuid,
          },
        ],
  );
}

/** A built-in root hash is that of the disk: it was not known when the platform file was written. */
async function buildForHash(options: MachineOptions, rootHash: string | undefined) {
  const { config, plan, sysroot, kernel, work } = options;
  const directory = join(work, 'build');
  mkdirSync(directory);
  if (rootHash === undefined || config.settings.Verity.RootHash === 'command-line') {
    return buildMinimalInitrd({ config, plan, sysroot, kernel, work: directory });
  }
  const sealed = withRootHash(config, rootHash);
  return buildMinimalInitrd({
    config: sealed,
    plan: planBoot(sealed, options.files),
    sysroot,
    kernel,
    work: directory,
  });
}

/** The platform with this root hash built in. */
export function withRootHash(config: PlatformConfig, rootHash: string): PlatformConfig {
  const Verity = { ...config.settings.Verity, RootHash: rootHash };
  return { ...config, settings: { ...config.settings, Verity } };
}

/** The kernel command line of a test machine: a console, one log for all stages, the root hash where it is read. */
export function formatCommandLine(config: PlatformConfig, rootHash: string | undefined): string {
  const { Verity, KernelCommandLine, Platform } = config.settings;
  const fromCommandLine = rootHash !== undefined && Verity.RootHash === 'command-line';
  return [
    `console=${consoleDevice(Platform.Architecture)}`,
    'panic=-1',
    'printk.devkmsg=on',
    'systemd.log_target=kmsg',
    // Stage 1 has set verity up; no generator shall look for partitions by the root hash.
    'systemd.verity=no',
    'root=PARTLABEL=ROOT rootfstype=ext4 rw',
    ...(fromCommandLine ? [`${KernelCommandLine.RootHash}=${rootHash}`] : []),
  ].join(' ');
}
