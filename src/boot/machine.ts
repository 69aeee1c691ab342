/** Everything a boot needs, made from a platform, a sysroot and a full initrd. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runChecks } from '../check/run-checks.ts';
import { readSystem } from '../check/system.ts';
import { imageFormatOf, thinOf } from '../config/image-format.ts';
import { usesUsr } from '../config/image-host.ts';
import { liveUsr } from '../config/live-usr.ts';
import { withRootHash } from '../config/root-hash.ts';
import type { PlatformConfig } from '../config/validate.ts';
import { readsSignature, signatureFile } from '../config/verity-device.ts';
import { type DiskPart, makeDisk } from '../disk/disk.ts';
import { type Finding, hasErrors } from '../findings.ts';
import { readImageTree } from '../initrd/image-tree.ts';
import { readPackedImage } from '../initrd/packed-image.ts';
import type { TreeEntry } from '../initrd/tree-entry.ts';
import { type Build, buildMinimalInitrd } from '../minimal/build.ts';
import { limitedOf } from '../minimal/manifest.ts';
import { addedCheck } from '../pack/added-check.ts';
import { packFullInitrd } from '../pack/pack.ts';
import type { BootPlan } from '../plan/boot-plan.ts';
import { planBoot } from '../plan/plan.ts';
import type { Kernel } from '../sysroot/kernel.ts';
import { formatCommandLine } from './command-line.ts';
import { joinCpio, makeExtraCpio } from './extra-cpio.ts';
import type { ImageFault } from './faults/fault.ts';
import { makeImagePartition } from './image-partition.ts';
import { appendFiles } from './live.ts';
import { rootPartitionUuid, type SealedUsr, sealUsr } from './partitions.ts';
import { makeRootImage } from './root-image.ts';
import type { RootHashKey } from './signing-key.ts';
import { makeUsrImage } from './usr-image.ts';

export interface MachineOptions {
  readonly config: PlatformConfig;
  readonly plan: BootPlan;
  /** The files that the plan came from, for the plan with the disk's root hash. */
  readonly files: readonly string[];
  readonly sysroot: string;
  readonly kernel: string;
  /** The kernel's image, a file. */
  readonly kernelImage: string;
  /** A full initrd, to be packed as the platform says, or a packed image of one. None for FullInitrd.Source=usr. */
  readonly initrd: string | undefined;
  readonly work: string;
  /** /usr is in files of the initramfs instead of on the disk. */
  readonly live?: boolean | undefined;
  /** Signs the root hash, where the platform has a signature; by default a key that nobody trusts. */
  readonly rootHashKey?: RootHashKey | undefined;
  /** What is wrong with the packed full initrd. */
  readonly imageFault?: ImageFault | undefined;
  readonly progress: (what: string) => void;
}

export interface Machine {
  /** The directory with all that the machine is made of. */
  readonly work: string;
  readonly kernelImage: string;
  readonly build: Build;
  /** What the loader loads: the minimal initrd, and behind it a live /usr. */
  readonly initrd: string;
  readonly disk: string;
  /** The file that the partition of /usr is made of, or the live image. */
  readonly usr: string;
  /** The packed full initrd; none for FullInitrd.Source=usr. */
  readonly image: string | undefined;
  readonly commandLine: string;
  readonly rootHash: string | undefined;
  /** Findings of the build, none of which is an error. */
  readonly findings: readonly Finding[];
}

export type MachineResult = { readonly machine: Machine } | { readonly findings: readonly Finding[] };

/** Makes the machine: packs the full initrd, checks, makes /usr with its hash tree, builds the minimal initrd, writes the disk; only findings where there are errors. Throws ToolError. */
export async function makeMachine(options: MachineOptions): Promise<MachineResult> {
  const { config, plan, sysroot, kernelImage, work, progress } = options;
  const given = givenImage(options);
  const packed = given === undefined ? await packedImage(options) : undefined;
  if (packed && hasErrors(packed.findings)) return { findings: packed.findings };
  const image = given ?? packed?.image;
  const imageSize = image === undefined ? undefined : statSync(image).size;
  const data = { config, plan, ...readSystem(sysroot, options.kernel), image: given, imageSize };
  progress('checking the sysroot');
  const checked = await runChecks(data);
  if (!data.kernel || hasErrors(checked.findings)) return { findings: checked.findings };
  const usr = await makeVerified(options, image);
  progress('building the minimal initrd');
  const build = await buildForHash(options, data.kernel, usr.rootHash);
  const { findings } = await runChecks({ ...data, ...limitedOf(build.manifest) }, checked);
  if (hasErrors(findings)) return { findings };
  progress('writing the disk');
  const disk = await writeDisk(options, options.live ? [] : usr.parts);
  const signed = await withSignature(options, build.image, usr);
  const initrd = options.live ? await appendLiveUsr(options, signed, usr.parts) : signed;
  const commandLine = formatCommandLine(config, usr.rootHash);
  const { rootHash } = usr;
  const all = [...(packed?.findings ?? []), ...findings];
  const made = { work, kernelImage, build, initrd, disk, usr: usr.parts[0]?.file ?? '' };
  return { machine: { ...made, image, commandLine, rootHash, findings: all } };
}

/** A signature that comes along is that of the disk: it was not known when the sysroot was made. */
async function withSignature(
  { config, rootHashKey, work }: MachineOptions,
  initrd: string,
  { signature }: SealedUsr,
): Promise<string> {
  const path = signatureFile(config.settings);
  if (!rootHashKey || readsSignature(config.settings) || path === undefined || signature === undefined)
    return initrd;
  const archive = await makeExtraCpio({ [path]: readFileSync(signature) }, work, 0o644);
  return joinCpio(initrd, archive, join(work, 'initrd-with-signature.img'));
}

/** The minimal initrd with an archive behind it that brings /usr; its file. */
function appendLiveUsr(
  { config, work, progress }: MachineOptions,
  initrd: string,
  [data, hash]: readonly DiskPart[],
): Promise<string> {
  progress('appending /usr to the initrd');
  const live = liveUsr(config.settings);
  const files = [
    [live?.image, data?.file],
    [live?.hash, hash?.file],
  ].filter((pair): pair is [string, string] => pair.every((name) => name !== undefined));
  return appendFiles(initrd, Object.fromEntries(files), work);
}

/** The disk with /usr and an empty root file system; gives its file. */
async function writeDisk(
  { config, sysroot, work }: MachineOptions,
  usr: readonly DiskPart[],
): Promise<string> {
  const root = join(work, 'root.img');
  await makeRootImage({ sysroot, output: root, work, usr: !usesUsr(config.settings) });
  const disk = join(work, 'disk.img');
  await makeDisk([...usr, { name: 'ROOT', uuid: rootPartitionUuid, file: root }], disk);
  return disk;
}

/** The image that is given ready-made, instead of a full initrd. */
function givenImage({ config, initrd }: MachineOptions): string | undefined {
  if (config.settings.FullInitrd.Source === 'usr' || initrd === undefined) return undefined;
  return readPackedImage(initrd) && initrd;
}

/** The image for /usr, packed as `pack` does it, and what there is to say of it; none where the full initrd is /usr itself. */
async function packedImage({
  config,
  plan,
  initrd,
  sysroot,
  work,
  imageFault,
  progress,
}: MachineOptions): Promise<{ image: string; findings: readonly Finding[] } | undefined> {
  if (config.settings.FullInitrd.Source === 'usr' || initrd === undefined) return undefined;
  progress('packing the full initrd');
  const output = join(work, 'full-initrd.img');
  const kind = thinOf(config.settings);
  const thin = kind && { kind, usr: join(sysroot, 'usr') };
  const format = imageFormatOf(config.settings);
  const add = (tree: readonly TreeEntry[]) => addedCheck(tree, { config, plan, initrd, sysroot, work });
  const change = imageFault?.tree;
  const sealed = !usesUsr(config.settings);
  const { findings } = await packFullInitrd({ initrd, format, thin, sealed, add, output, work, change });
  if (imageFault?.change) writeFileSync(output, imageFault.change(readFileSync(output)));
  return { image: output, findings };
}

/** The partitions with what stage 1 verifies: /usr, or the image of the full initrd elsewhere. */
async function makeVerified(options: MachineOptions, image: string | undefined): Promise<SealedUsr> {
  const { config, work, imageFault, progress } = options;
  if (image === undefined || usesUsr(config.settings)) {
    progress(`making /usr as ${config.settings.Usr.FileSystem[0]}`);
    return makeSealedUsr(options, image);
  }
  progress('making the partition of the image');
  const tree = await readImageTree(image, config.settings.Verity.HashOffset);
  const rootHash = 'rootHash' in tree ? tree.rootHash : undefined;
  return { parts: [await makeImagePartition({ config, image, fault: imageFault, work })], rootHash };
}

async function makeSealedUsr(
  { config, sysroot, work, rootHashKey, imageFault }: MachineOptions,
  image: string | undefined,
): Promise<SealedUsr> {
  const { Usr, FullInitrd } = config.settings;
  const file = join(work, 'usr.img');
  const files =
    image === undefined || imageFault?.absent ? [] : [{ source: image, target: FullInitrd.Image }];
  await makeUsrImage({ sysroot, files, fileSystem: Usr.FileSystem[0], output: file, work });
  return sealUsr(config, file, work, rootHashKey);
}

/** A built-in root hash is that of the disk: it was not known when the platform file was written. */
async function buildForHash(
  { config, plan, files, sysroot, work }: MachineOptions,
  kernel: Kernel,
  rootHash: string | undefined,
): Promise<Build> {
  const directory = join(work, 'build');
  mkdirSync(directory);
  const options = { config, plan, sysroot, kernel, work: directory };
  const { RootHash } = config.settings.Verity;
  if (rootHash === undefined || RootHash === 'command-line' || RootHash === 'signature')
    return buildMinimalInitrd(options);
  const sealed = withRootHash(config, rootHash);
  return buildMinimalInitrd({ ...options, config: sealed, plan: planBoot(sealed, files) });
}
