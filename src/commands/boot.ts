/** `bootrelay boot`: makes a machine, or takes a disk image that is given, boots it in QEMU and says what happened. */

import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type BootableMachine, bootMachine } from '../boot/boot-machine.ts';
import { type Counting, countingLoaders, keepsReason, requireFaultOfSlot } from '../boot/fallback.ts';
import type { Fault } from '../boot/faults/fault.ts';
import type { FaultyMachine } from '../boot/faults/inject.ts';
import { faultNamed, isOfImage } from '../boot/faults/named-fault.ts';
import { requireFault } from '../boot/image-faults.ts';
import { type ImageMachine, type ImageOptions, makeImageMachine } from '../boot/image-machine.ts';
import type { Loader } from '../boot/loader.ts';
import type { Machine } from '../boot/machine.ts';
import { prepareMachine } from '../boot/prepare.ts';
import { requireSecureBoot } from '../boot/secure-boot.ts';
import type { Signer } from '../boot/signing-key.ts';
import { formatTimeline, type Goal } from '../boot/timeline.ts';
import type { Fact } from '../boot/verdict.ts';
import { signatureFile } from '../config/verity-device.ts';
import { rootHashNames } from '../disk/given-root-hash.ts';
import type { Slot } from '../disk/slots.ts';
import { UsageError } from '../errors.ts';
import { kernelVersionOf } from '../host/kernel-version.ts';
import { type PlannedPlatform, planOnePlatform } from '../host/platforms.ts';
import { type Progress, withProgress } from '../host/progress.ts';
import type { CommandResult } from '../host/result.ts';
import { withWorkDirectory } from '../host/temporary.ts';
import { readPackedImage } from '../initrd/packed-image.ts';
import { formatNames } from '../json/format-names.ts';
import { drawTimeline } from '../review/timeline-svg.ts';
import { findKernelImage } from '../sysroot/kernel.ts';
import type { Accelerator, DiskBus, GuestDisk } from '../tools/qemu.ts';
import { requireFirmware } from '../tools/qemu.ts';
import { run } from '../tools/run.ts';

export interface BootArguments {
  readonly platform: string;
  readonly set: readonly string[];
  readonly sysroot: string | undefined;
  /** A version of the sysroot's; with `image` a file. */
  readonly kernel: string | undefined;
  readonly initrd: string | undefined;
  /** A disk image that is booted as it is. */
  readonly image?: string | undefined;
  readonly slot?: Slot | undefined;
  readonly rootHash?: string | undefined;
  readonly output: string | undefined;
  readonly until: Goal;
  readonly accelerator: Accelerator | 'auto';
  readonly memory: number;
  readonly timeout: number;
  readonly append: string;
  readonly keepDisk: boolean;
  readonly tpm: boolean;
  readonly loader?: Loader | 'grub';
  readonly secureBoot?: boolean;
  readonly signer?: Signer | undefined;
  /** The fault is in slot B alone, and slot A must come up. */
  readonly fallback?: boolean;
  readonly disk: DiskBus;
  /** /usr comes in an archive behind the initrd, at Usr.LiveImage. */
  readonly live?: boolean;
  /** The name of a fault to inject. */
  readonly fault?: string | undefined;
  readonly json: boolean;
}

/** A boot of a machine that is made here. */
type MadeArguments = BootArguments & { readonly sysroot: string; readonly kernel: string };

/** Exit code 4 where the boot does not end as expected. The console's log is kept in `output`. */
export async function boot(args: BootArguments): Promise<CommandResult> {
  requirePositive(args);
  const fault = args.fault === undefined ? undefined : faultNamed(args.fault);
  const settings = [...(fault?.settings ?? []), ...(args.fallback ? keepsReason.settings : [])];
  const loaded = planOnePlatform('boot', args.platform, [...args.set, ...settings]);
  if ('failed' in loaded) return loaded.failed;
  const { platform, findings } = loaded;
  const { image } = args;
  const task =
    image === undefined ? taskOfMade(platform, args, fault) : taskOfImage(platform, args, image, fault);
  const output = args.output ?? mkdtempSync(join(tmpdir(), 'bootrelay-boot-'));
  mkdirSync(output, { recursive: true });
  const result = await withWorkDirectory((work) =>
    withProgress(args.json, (progress) => task({ platform, args, fault, output, work, progress })),
  );
  return { ...result, findings: [...findings, ...result.findings] };
}

/** What is to be done for a machine that is made here, once it is known to make sense. */
function taskOfMade(
  platform: PlannedPlatform,
  args: BootArguments,
  fault?: Fault,
): (task: Task) => Promise<CommandResult> {
  const made = requireSystem(args);
  requireImage(platform, made, fault);
  requireLive(platform, made);
  requireLoader(platform, made);
  requireFallback(platform, made, fault);
  const kernelImage = findKernelImage(resolve(made.sysroot), made.kernel);
  if (kernelImage === undefined)
    throw new UsageError(`${made.sysroot} has no kernel image of version ${made.kernel}`);
  return (task) => makeAndBoot({ ...task, args: made, kernelImage });
}

function requireSystem(args: BootArguments): MadeArguments {
  const { sysroot, kernel } = args;
  for (const [option, value] of [
    ['slot', args.slot],
    ['root-hash', args.rootHash],
  ] as const)
    if (value !== undefined) throw new UsageError(`--${option} needs --image, the disk image that it is of`);
  if (sysroot !== undefined) return { ...args, sysroot, kernel: kernelVersionOf({ sysroot, kernel }) };
  throw new UsageError('boot needs --sysroot, the built system; or --image, a disk image to boot as it is');
}

/** The same for a disk image that is given. */
function taskOfImage(
  platform: PlannedPlatform,
  args: BootArguments,
  image: string,
  fault?: Fault,
): (task: Task) => Promise<CommandResult> {
  if (args.live)
    throw new UsageError(
      '--live puts the /usr of a --sysroot behind the initrd: it does not go with --image',
    );
  if ((args.loader ?? 'qemu') !== 'qemu' || args.secureBoot || args.fallback || args.signer)
    throw new UsageError(
      '--loader, --secure-boot, --signer and --fallback are for a disk that is made here: --image brings its boot loader',
    );
  if (args.sysroot !== undefined)
    throw new UsageError(
      '--sysroot is for a disk that is made here, and --image is a disk that is there: give one of both',
    );
  const { kernel, initrd } = args;
  if (fault)
    requireFault(
      args.fault ?? '',
      fault,
      { kernel: kernel !== undefined, initrd: initrd !== undefined },
      changedSettings(args, fault),
    );
  return (task) => bootImage(task, { image, config: platform.config, fault });
}

/** The settings of a fault that are not those of the platform. */
function changedSettings({ platform, set }: BootArguments, { settings = [] }: Fault): readonly string[] {
  const settingsWith = (more: readonly string[]) => {
    const loaded = planOnePlatform('boot', platform, [...set, ...more]);
    return 'failed' in loaded ? '' : JSON.stringify(loaded.platform.config.settings);
  };
  const sound = settingsWith([]);
  return settings.filter((setting) => settingsWith([setting]) !== sound);
}

async function bootImage(
  task: Task,
  what: Pick<ImageOptions, 'image' | 'config' | 'fault'>,
): Promise<CommandResult> {
  const { args, output, work, progress } = task;
  progress.begin('reading the image');
  const machine = await makeImageMachine({ ...what, ...args, image: what.image, fault: what.fault, work });
  const { hardware, image } = machine;
  if (args.keepDisk) await keepDisks(hardware, output);
  const { file, format, size } = image;
  return bootAndTell(
    task,
    machine,
    hardware,
    { rootHash: machine.rootHash, image: { file, format, size } },
    machine,
  );
}

/** What is asked for, once it is known to make sense. */
interface Task {
  readonly platform: PlannedPlatform;
  readonly args: BootArguments;
  readonly fault: Fault | undefined;
  readonly output: string;
  readonly work: string;
  readonly progress: Progress;
}

type MadeTask = Task & { readonly args: MadeArguments; readonly kernelImage: string };

/** Exit code 1 where there are findings that are errors: nothing is booted then. */
async function makeAndBoot(task: MadeTask): Promise<CommandResult> {
  const { args, platform, fault, kernelImage, output, work, progress } = task;
  const { loader = 'qemu', secureBoot = false, signer, live, tpm, append, kernel } = args;
  const counting = countingOf(args);
  const prepared = await prepareMachine({
    ...{
      platform,
      fault,
      loader: loader === 'grub' ? 'uki' : loader,
      secureBoot,
      signer,
      live,
      tpm,
      append,
      kernel,
      kernelImage,
      work,
    },
    sysroot: resolve(args.sysroot),
    initrd: args.initrd === undefined ? undefined : resolve(args.initrd),
    fallback: counting && { counting, platform: withoutSettingsOfFault(args) },
    progress: progress.begin,
  });
  if ('findings' in prepared)
    return { exitCode: 1, text: '', json: { command: 'boot' }, findings: prepared.findings };
  const { machine, hardware } = prepared;
  copyFileSync(hardware.initrd, join(output, 'initrd.img'));
  if (args.keepDisk) await keepDisks(hardware, output);
  const facts = { rootHash: machine.rootHash, sizes: sizesOf(machine) };
  const told = await bootAndTell(task, { ...machine, ...prepared }, hardware, facts);
  return { ...told, findings: machine.findings };
}

/** What counts the tries of slot B; undefined where there is one slot. */
function countingOf({ fallback, loader = 'qemu' }: BootArguments): Counting | undefined {
  if (!fallback) return undefined;
  return Object.hasOwn(countingLoaders, loader) ? (loader as Counting) : undefined;
}

/** The platform of slot A. */
function withoutSettingsOfFault(args: BootArguments): PlannedPlatform {
  const loaded = planOnePlatform('boot', args.platform, [...args.set, ...keepsReason.settings]);
  if ('failed' in loaded)
    throw new UsageError(
      'the platform is in order with the settings of the fault only: --fallback needs a sound slot A',
    );
  return loaded.platform;
}

/** The full initrd must be given where the platform has one, and as a cpio where a fault is to be put into its image. */
function requireImage({ config }: PlannedPlatform, args: MadeArguments, fault?: Fault): void {
  const { initrd } = args;
  const { Source } = config.settings.FullInitrd;
  if (Source !== 'usr' && initrd === undefined)
    throw new UsageError(`FullInitrd.Source=${Source} needs --initrd, the full initrd`);
  if (!fault || !isOfImage(fault)) return;
  if (Source === 'usr' || (initrd !== undefined && readPackedImage(initrd)))
    throw new UsageError(
      `the fault ${args.fault} is one of the image, which must be packed from --initrd, a cpio`,
    );
}

/** A live system needs a platform that looks for one; faults are of machines with their /usr on a disk, or bring their own. */
function requireLive({ config }: PlannedPlatform, { live, fault }: BootArguments): void {
  if (!live) return;
  if (config.settings.Usr.LiveImage === undefined)
    throw new UsageError('--live needs Usr.LiveImage, such as --set Usr.LiveImage=/usr.squashfs');
  if (fault !== undefined)
    throw new UsageError('--live and --fault do not go together: the faults live-* boot live systems');
}

/** Secure Boot is the firmware's: QEMU alone knows none. */
function requireLoader(
  { config }: PlannedPlatform,
  { loader = 'qemu', secureBoot, signer, fallback }: BootArguments,
): void {
  if (loader === 'grub' && !fallback)
    throw new UsageError('--loader grub is for --fallback: what GRUB starts else is what QEMU starts');
  if (signer !== undefined && !(secureBoot && signatureFile(config.settings)))
    throw new UsageError(
      '--signer needs --secure-boot, and a platform with Verity.RootHashSignature: the kernel trusts the keys of the firmware',
    );
  if (loader === 'addon' && rootHashNames(config.settings).length === 0)
    throw new UsageError(
      `--loader addon: an addon tells the root hash, and this platform does not take it from the kernel command line: Verity.RootHash=command-line is required (${config.file})`,
    );
  if (loader !== 'qemu')
    requireFirmware(
      config.settings.Platform.Architecture,
      secureBoot ? 'secure-boot' : 'uefi',
      'take --loader qemu',
    );
  if (!secureBoot) return;
  if (loader === 'qemu')
    throw new UsageError(
      '--secure-boot needs a firmware that starts the kernel: --loader uki, addon or entry',
    );
  requireSecureBoot(config.settings.Platform.Architecture);
}

/** What is tried is the way back to slot A from a slot B that does not boot. */
function requireFallback(
  { config }: PlannedPlatform,
  { fallback, fault: name = '', loader, secureBoot, until }: BootArguments,
  fault?: Fault,
): void {
  if (!fallback) return;
  if (!fault)
    throw new UsageError('--fallback needs --fault: what is wrong with slot B, such as root-hash-wrong');
  if (!Object.hasOwn(countingLoaders, loader ?? '') || secureBoot || until !== 'multi-user')
    throw new UsageError(
      '--fallback goes with --loader uki or grub, which count tries, without --secure-boot, until multi-user',
    );
  requireFaultOfSlot(name, fault, config);
}

function requirePositive(args: BootArguments): void {
  for (const name of ['memory', 'timeout'] as const)
    if (!(args[name] > 0 && Number.isFinite(args[name])))
      throw new UsageError(`--${name} must be a number above 0`);
}

/** Boots it, keeps what was seen in `output`, and says how it went. */
async function bootAndTell(
  task: Task,
  machine: BootableMachine,
  hardware: ImageMachine['hardware'],
  ofMachine: Readonly<Record<string, unknown>>,
  given?: ImageMachine,
): Promise<CommandResult> {
  const { args, output } = task;
  const { config } = task.platform;
  const booted = await bootMachine({
    ...{ ...args, ...task, config, machine, hardware, given },
    fallback: countingOf(args),
  });
  const { milestones, verdict, accelerator, qemu, log } = booted;
  const timeline = `${JSON.stringify({ format: formatNames.timeline, milestones, verdict }, undefined, 2)}\n`;
  writeFileSync(join(output, 'timeline.json'), timeline);
  writeFileSync(join(output, 'timeline.svg'), drawTimeline(milestones, `The boot of ${config.name}`));
  const text = [
    formatTimeline(milestones),
    ...verdict.facts.map(formatFact),
    ...(verdict.notAsked ?? []).map((statement) => `?    ${statement}\n     not asked: ${noReport}`),
    `${verdict.ok ? 'OK' : 'FAILED'}: ${verdict.summary} (QEMU ${qemu}, ${accelerator})`,
    `console log: ${log}`,
  ].join('\n');
  const { commandLine, report } = booted;
  const kept = args.keepDisk ? { disk: join(output, diskName(hardware.disks[0], 0)) } : {};
  const facts = { ...ofMachine, commandLine, ...kept };
  const json = { command: 'boot', accelerator, qemu, machine: facts, milestones, report, verdict, log };
  return { exitCode: verdict.ok ? 0 : 4, text, json, findings: [] };
}

/** Bytes of what the machine boots: the minimal initrd, and the image of the full one where there is one. */
function sizesOf({ build, image }: Machine): Readonly<Record<string, number>> {
  const minimalInitrd = statSync(build.image).size;
  return image === undefined ? { minimalInitrd } : { minimalInitrd, fullInitrd: statSync(image).size };
}

/** The disks of the machine, to start it again by hand. */
async function keepDisks({ disks }: Pick<FaultyMachine, 'disks'>, output: string): Promise<void> {
  for (const [index, disk] of disks.entries()) {
    const { file } = disk;
    const target = join(output, diskName(disk, index));
    rmSync(target, { force: true });
    await run({ program: 'cp', args: ['--sparse=always', '--', file, target] });
  }
}

function diskName(disk: GuestDisk | undefined, index: number): string {
  return `disk${index === 0 ? '' : `-${index + 1}`}.${disk?.format ?? 'img'}`;
}

const noReport =
  'the system did not report: it needs systemd 256 or newer, which takes the unit for that from the SMBIOS of the machine';

function formatFact({ ok, statement, evidence }: Fact): string {
  return `${ok ? 'yes' : 'NO '}  ${statement}\n     ${evidence.slice(0, 200)}`;
}
