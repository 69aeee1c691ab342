/** A machine that is made here and ready to be started: with a fault in it or in one of its slots, by QEMU or by its firmware. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from '../findings.ts';
import { osReleaseOf } from '../uki/efi-programs.ts';
import { type ExpectedPcrs, expectedPcrs } from '../uki/expected-pcrs.ts';
import { type Counting, makeTwoSlots } from './fallback.ts';
import { type Fault, parameterNamesOf } from './faults/fault.ts';
import { type FaultyMachine, injectFault, type SoundMachine, withoutFault } from './faults/inject.ts';
import { type Loader, throughFirmware } from './loader.ts';
import { type Machine, type MachineOptions, type MachineResult, makeMachine } from './machine.ts';
import {
  makeSigningKey,
  type RootHashKey,
  rootHashKey,
  type Signer,
  type SigningKey,
} from './signing-key.ts';

type Platform = Pick<MachineOptions, 'config' | 'plan' | 'files'>;

export interface PrepareOptions
  extends Pick<
    MachineOptions,
    'sysroot' | 'kernel' | 'kernelImage' | 'initrd' | 'live' | 'work' | 'progress'
  > {
  /** The platform, with the settings that the fault needs. */
  readonly platform: Platform;
  readonly fault: Fault | undefined;
  readonly loader: Loader;
  /** The fault is in slot B alone: what counts its tries, and the platform of slot A, without the fault's settings. */
  readonly fallback: { readonly counting: Counting; readonly platform: Platform } | undefined;
  readonly secureBoot: boolean;
  readonly signer: Signer | undefined;
  readonly tpm: boolean;
  /** More kernel command line. */
  readonly append: string;
}

export interface Prepared {
  /** The sound one, where there are two. */
  readonly machine: Machine;
  readonly hardware: FaultyMachine;
  /** The kernel that QEMU starts; none where that is left to the firmware. */
  readonly kernelImage: string | undefined;
  /** What was computed of the PCRs of its TPM. */
  readonly pcrs: ExpectedPcrs | undefined;
}

/** Only findings where there are errors. Throws ToolError. */
export async function prepareMachine(
  options: PrepareOptions,
): Promise<Prepared | { readonly findings: readonly Finding[] }> {
  const { fallback, work } = options;
  const keys = options.secureBoot ? await makeKeys(work, options.signer) : undefined;
  const whole = { ...options, ...(fallback && { platform: fallback.platform, fault: undefined }) };
  const made = await make(whole, work, keys);
  if ('findings' in made) return made;
  const { machine } = made;
  return fallback ? prepareTwoSlots(options, machine, fallback) : prepareOneSlot(options, machine, keys);
}

/** Keys of a machine with Secure Boot: its own, and the one that signs the root hash. */
interface Keys {
  readonly own: SigningKey;
  readonly rootHash: RootHashKey;
}

async function makeKeys(work: string, signer: Signer = 'own'): Promise<Keys> {
  const own = await makeSigningKey(work, 'secure-boot');
  return { own, rootHash: await rootHashKey(signer, own, work) };
}

/** Makes a machine in `work`, whose full initrd has the fault where that is of the image. */
function make(
  { platform, fault, ...options }: PrepareOptions,
  work: string,
  keys?: Keys,
): Promise<MachineResult> {
  return makeMachine({
    ...options,
    ...platform,
    work,
    imageFault: fault?.image,
    rootHashKey: keys?.rootHash,
  });
}

/** The machine with the fault in it, where there is one: its kernel is started by QEMU, or by its firmware from a disk of its own. */
async function prepareOneSlot(
  options: PrepareOptions,
  machine: Machine,
  keys: Keys | undefined,
): Promise<Prepared> {
  const { platform, loader, kernelImage, work } = options;
  const hardware = await withFault(options, machine, work);
  if (loader === 'qemu') return { machine, hardware, kernelImage, pcrs: undefined };
  options.progress('making what the firmware starts');
  const { measured, ...started } = await throughFirmware(
    appended(hardware, options),
    loader,
    { ...systemOf(options, platform), key: keys?.own, work },
    keys?.rootHash.trusted ? [keys.rootHash.certificate] : [],
  );
  const pcrs = options.tpm && measured ? await expectedPcrs({ ...measured, work }) : undefined;
  return { machine, ...started, kernelImage: undefined, pcrs };
}

/** The machine as slot A, and the same with the fault as slot B. */
async function prepareTwoSlots(
  options: PrepareOptions,
  machine: Machine,
  { counting, platform: ofA }: NonNullable<PrepareOptions['fallback']>,
): Promise<Prepared | { readonly findings: readonly Finding[] }> {
  const { platform, fault, sysroot, work } = options;
  const directory = join(work, 'machine-of-slot-b');
  mkdirSync(directory);
  const isOther = fault?.image !== undefined || (fault?.settings ?? []).length > 0;
  const made = isOther ? await make(options, directory) : { machine };
  if ('findings' in made) return made;
  const faulty = appended(await withFault(options, made.machine, directory), options);
  const sound = appended(withoutFault(soundMachine(machine, sysroot)), options);
  options.progress('putting two slots on a disk');
  const hardware = await makeTwoSlots(
    { machine: sound, system: systemOf(options, ofA) },
    { machine: faulty, system: systemOf(options, platform) },
    counting,
    work,
  );
  return { machine, hardware, kernelImage: undefined, pcrs: undefined };
}

/** What goes into an ESP besides initrd and command line. */
function systemOf({ sysroot, kernel, kernelImage }: PrepareOptions, { config }: Platform) {
  return { config, sysroot, version: kernel, kernelImage, osRelease: osReleaseOf(sysroot) };
}

/** QEMU adds words to the kernel command line when it starts a kernel; what firmware starts must have them before. */
function appended(hardware: FaultyMachine, { append }: PrepareOptions): FaultyMachine {
  return { ...hardware, commandLine: [hardware.commandLine, append].filter(Boolean).join(' ') };
}

async function withFault(
  { platform, fault, sysroot }: PrepareOptions,
  machine: Machine,
  work: string,
): Promise<FaultyMachine> {
  const sound = soundMachine(machine, sysroot);
  if (!fault) return withoutFault(sound);
  return injectFault(fault, sound, parameterNamesOf(platform.config.settings.KernelCommandLine), work);
}

function soundMachine(machine: Machine, sysroot: string): SoundMachine {
  const { initrd, disk, usr, commandLine, rootHash, work, image } = machine;
  const modules = join(work, 'build/modules');
  return { initrd, disk, usr, commandLine, rootHash, modules, sources: { sysroot, image } };
}
