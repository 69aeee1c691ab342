/** Boots a machine in QEMU, and judges what it showed. */
import { join } from 'node:path';
import type { PlatformConfig } from '../config/validate.ts';
import type { Accelerator, DiskBus, GuestOptions } from '../tools/qemu.ts';
import { versionOf } from '../tools/run.ts';
import type { ExpectedPcrs } from '../uki/expected-pcrs.ts';
import { type Counting, judgeFallback } from './fallback.ts';
import type { Fault } from './faults/fault.ts';
import { goesOn, judgeFault } from './faults/verdict.ts';
import { type GuestRun, probeAccelerator, runGuest } from './guest.ts';
import type { ImageMachine } from './image-machine.ts';
import { awaitsReport, expectedRootHash, judgeImage } from './image-verdict.ts';
import type { Machine } from './machine.ts';
import {
  formatMilestone,
  type Goal,
  type Milestone,
  type Observation,
  reached,
  timelineOf,
  withFirmware,
} from './timeline.ts';
import { judge, type Verdict } from './verdict.ts';

/** A machine that was made, or one around a disk image that is given. */
export type BootableMachine = Pick<Machine, 'work' | 'rootHash'> & {
  readonly kernelImage: string | undefined;
  /** What was computed of the PCRs of its TPM, where firmware starts what was made here. */
  readonly pcrs?: ExpectedPcrs | undefined;
};

export interface BootOptions {
  readonly config: PlatformConfig;
  readonly machine: BootableMachine;
  /** What of it the guest gets: that of a sound machine, or with a fault. */
  readonly hardware: ImageMachine['hardware'];
  /** Where the disk is an image that is given: what its boot is judged by besides. */
  readonly given?: Pick<ImageMachine, 'oemStrings' | 'asked'> | undefined;
  /** The fault that was injected: the boot must end as it says. */
  readonly fault: Fault | undefined;
  /** It was injected into slot B alone: the machine must come up from slot A in the end. */
  readonly fallback?: Counting | undefined;
  readonly until: Goal;
  readonly accelerator: Accelerator | 'auto';
  /** MiB, for a machine whose fault does not say. */
  readonly memory: number;
  /** Seconds until the boot is given up. */
  readonly timeout: number;
  /** More kernel command line. */
  readonly append: string;
  readonly tpm: boolean;
  readonly disk: DiskBus;
  /** A directory for the console's log. */
  readonly output: string;
  readonly progress: {
    readonly begin: (what: string) => void;
    readonly note: (line: string) => void;
    readonly end: () => void;
  };
}

export interface Booted {
  readonly milestones: readonly Milestone[];
  /** What the machine said of itself once it was up. */
  readonly report: Observation['report'];
  readonly verdict: Verdict;
  readonly accelerator: Accelerator;
  /** QEMU's version. */
  readonly qemu: string;
  readonly commandLine: string;
  /** The file with all that the console showed. */
  readonly log: string;
}

/** Boots until the goal is reached, the boot fails or time is up. Throws ToolError where QEMU itself fails. */
export async function bootMachine(options: BootOptions): Promise<Booted> {
  const { config, progress, output } = options;
  const guest = guestOf(options);
  const accelerator = await chooseAccelerator(options, guest);
  progress.begin(`booting with ${accelerator}`);
  const log = join(output, 'console.log');
  const run = await runGuest({
    guest: { ...guest, accelerator, ...attached(options) },
    log,
    timeout: options.timeout,
    onMilestone: (milestone) => progress.note(formatMilestone(milestone).trimEnd()),
    ...expected(options),
  });
  progress.end();
  const arm = config.settings.Platform.Architecture === 'arm64';
  const qemu = await versionOf(arm ? 'qemu-system-aarch64' : 'qemu-system-x86_64');
  const { kernel } = guest;
  const commandLine = kernel === undefined ? (run.seen.commandLine ?? '') : guest.commandLine;
  const { report } = run.seen;
  return {
    milestones: withFirmware(timelineOf(run.seen), options.fallback ? undefined : run.firmware),
    report,
    verdict: judgeRun(run, options),
    accelerator,
    qemu,
    commandLine,
    log,
  };
}

type Guest = Omit<GuestOptions, 'accelerator'>;

function guestOf({ config, machine, hardware, ...options }: BootOptions): Guest {
  return {
    architecture: config.settings.Platform.Architecture,
    kernel: machine.kernelImage,
    initrd: hardware.initrd,
    // That of a given disk has what --append says already.
    commandLine: options.given
      ? hardware.commandLine
      : [hardware.commandLine, options.append].filter(Boolean).join(' '),
    disks: hardware.disks,
    diskBus: hardware.bus ?? options.disk,
    memory: hardware.memory ?? options.memory,
    firmware: hardware.firmware,
    variables: hardware.variables,
    reboots: options.fallback !== undefined,
    oemStrings: options.given?.oemStrings,
  };
}

/** What is attached to the machine besides its disks; the probe of KVM goes without. */
function attached({ machine: { work }, hardware, tpm }: BootOptions): Pick<Guest, 'tpm' | 'control'> {
  return {
    tpm: tpm ? join(work, 'tpm') : undefined,
    control: hardware.events.length > 0 ? join(work, 'control') : undefined,
  };
}

/** Seconds within which the report of a given disk begins once multi-user.target is reached. */
const reportSeconds = 45;

/** What happens to the machine, what is typed, and when enough has been seen. */
function expected({ config, hardware, until, fault, fallback, given }: BootOptions) {
  const { events, answers } = hardware;
  const shared = { events, ...(answers.length > 0 && { answers }) };
  const patience = given && {
    from: (seen: Observation) => awaitsReport(seen, until),
    seconds: reportSeconds,
  };
  if (!fault || fallback) return { ...shared, patience, enough: (seen: Observation) => reached(seen, until) };
  // With a fault the full initrd must have checked /usr: its first word is not enough.
  const goal = until === 'hand-over' ? 'stage-2' : until;
  return {
    ...shared,
    enough: (seen: Observation) => reached(seen, goal) && !goesOn(fault),
    // The emergency action has a delay, and ends the machine by itself.
    lastWords: (config.settings.Emergency.Delay + 20) * 1000,
  };
}

function judgeRun(run: GuestRun, options: BootOptions): Verdict {
  const { seen, ended } = run;
  const { config, machine, hardware, until, fault, given } = options;
  const rootHash = given ? expectedRootHash(config, machine.rootHash, seen) : machine.rootHash;
  if (fault && !options.fallback) return judgeFault(seen, ended, fault, rootHash);
  const { pcrs } = machine;
  const secureBoot = hardware.firmware === 'secure-boot';
  const expectation = { config, goal: until, rootHash, pcrs, secureBoot };
  if (fault && options.fallback) return judgeFallback(run, fault, options.fallback, expectation);
  const firmware = machine.kernelImage === undefined;
  return given
    ? judgeImage(seen, { ...expectation, asked: given.asked, firmware }, ended)
    : judge(seen, expectation, ended);
}

async function chooseAccelerator(
  { accelerator, output, progress }: BootOptions,
  guest: Guest,
): Promise<Accelerator> {
  if (accelerator !== 'auto') return accelerator;
  progress.begin('asking whether KVM works');
  return probeAccelerator(guest, join(output, 'kvm-probe.log'));
}
