/** Runs a guest: its console becomes a log and observations, and it is ended when it has shown enough. */
import { createWriteStream, existsSync, mkdirSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ToolError } from '../errors.ts';
import { type Accelerator, type GuestOptions, guestArgs } from '../tools/qemu.ts';
import { formatCommand } from '../tools/run.ts';
import { start } from '../tools/start.ts';
import { swtpmArgs, tpmSocket } from '../tools/swtpm.ts';
import { type UmlOptions, umlArgs } from '../tools/uml.ts';
import { createLineReader } from './console.ts';
import { type GuestEvent, happen } from './hotplug.ts';
import { type FirmwareTimes, type Milestone, nothingSeen, type Observation, observe } from './timeline.ts';

/** A machine that QEMU emulates, or a kernel that runs as a program (User Mode Linux). */
export type Guest = GuestOptions | UmlOptions;

export interface RunOptions {
  readonly guest: Guest;
  /** The file that the console is written to, byte by byte. */
  readonly log: string;
  /** Seconds on the clock of this machine after which the guest is ended. */
  readonly timeout: number;
  /** Seconds without a word after which it is given up too; by default none are too many. */
  readonly silence?: number;
  /** True once enough has been seen: the guest is ended then. */
  readonly enough: (seen: Observation) => boolean;
  /** A boot that has come so far, and no farther, is ended so many seconds later. */
  readonly patience?: { readonly from: (seen: Observation) => boolean; readonly seconds: number } | undefined;
  /** Milliseconds that a failed boot goes on after its reason; by default 1500. */
  readonly lastWords?: number;
  readonly onMilestone?: ((milestone: Milestone) => void) | undefined;
  /** What is typed at the console: one answer after the other, each once the words that it waits for have been shown. */
  readonly answers?: readonly Answer[] | undefined;
  /** What happens to the machine meanwhile; `guest.control` is needed for it. */
  readonly events?: readonly GuestEvent[] | undefined;
}

export interface Answer {
  readonly to: RegExp;
  readonly text: string;
}

export interface GuestRun {
  /** The boot; of several the last one. */
  readonly seen: Observation;
  /** Those before it, of a guest that may reboot. */
  readonly before: readonly Observation[];
  /** By the clock of this machine, where its firmware spoke: of several boots the last one. */
  readonly firmware?: FirmwareTimes | undefined;
  readonly ended: 'exit' | 'goal' | 'timeout';
  /** Answers that were not typed, since their words were not shown. */
  readonly unanswered: number;
}

/** Runs the guest to its end. Throws ToolError where QEMU or User Mode Linux itself fails. */
export async function runGuest(options: RunOptions): Promise<GuestRun> {
  const { guest } = options;
  if ('tpm' in guest && guest.tpm !== undefined) await startTpm(guest.tpm);
  const command = isUml(guest) ? umlArgs(guest) : guestArgs(guest);
  // User Mode Linux is several processes.
  const running = start(command, { input: options.answers !== undefined, group: isUml(guest) });
  const answering = createAnswering(options.answers ?? [], running.write);
  const log = createWriteStream(options.log);
  const reader = createLineReader();
  let seen = nothingSeen;
  const boots: Observation[] = [];
  let started = false;
  const on = performance.now() / 1000;
  let loader: number | undefined;
  let init: number | undefined;
  const reboots = !isUml(guest) && guest.reboots === true;
  let ended: GuestRun['ended'] = 'exit';
  const end = (reason: GuestRun['ended']) => {
    if (ended === 'exit') ended = reason;
    running.kill();
  };
  const limit = setTimeout(() => end('timeout'), options.timeout * 1000);
  const silent =
    options.silence === undefined ? undefined : setTimeout(() => end('timeout'), options.silence * 1000);
  let lastWords: NodeJS.Timeout | undefined;
  const { patience: goesOnFor } = options;
  let patience: NodeJS.Timeout | undefined;
  const endUnlessMore = () => goesOnFor?.from(seen) && end('goal');
  const events = scheduleEvents(options);
  running.output.on('data', (bytes: Buffer) => {
    log.write(bytes);
    silent?.refresh();
    // What a guest says while it is ended tells nothing of its boot.
    if (ended !== 'exit') return;
    answering.show(bytes);
    let before = seen.milestones.length;
    for (const line of reader.push(bytes)) {
      const starts = firmwareStarts.test(line.text);
      if (starts) loader = performance.now() / 1000;
      if (reboots && starts) {
        if (started) boots.push(seen);
        started = true;
        seen = nothingSeen;
        before = 0;
      }
      seen = observe(seen, line);
    }
    for (const milestone of seen.milestones.slice(before)) {
      if (milestone.name === 'init') init = performance.now() / 1000;
      options.onMilestone?.(milestone);
      events.reach(milestone);
    }
    if (options.enough(seen)) end('goal');
    else if (goesOnFor?.from(seen)) patience ??= setTimeout(endUnlessMore, goesOnFor.seconds * 1000);
    else if (seen.failure && !reboots) lastWords ??= setTimeout(() => end('goal'), options.lastWords ?? 1500);
    else if (lastWords) {
      // The boot has begun again.
      clearTimeout(lastWords);
      lastWords = undefined;
    }
  });
  const result = await running.ended;
  running.kill();
  clearTimeout(limit);
  clearTimeout(silent);
  clearTimeout(lastWords);
  clearTimeout(patience);
  await new Promise((resolve) => log.end(resolve));
  events.end();
  // User Mode Linux ends with an error behind a panic too.
  const failed = isUml(guest) ? seen === nothingSeen : result.exitCode !== 0;
  if (ended === 'exit' && failed) {
    throw new ToolError(
      `${isUml(guest) ? 'User Mode Linux' : 'QEMU'} ended with exit code ${result.exitCode}:\n    ${formatCommand(command)}\n    | ${result.stderr}`,
    );
  }
  const firmware = loader !== undefined && init !== undefined ? { on, loader, init } : undefined;
  return { seen, before: boots, firmware, ended, unanswered: answering.left() };
}

/** What OVMF says when it starts a boot option. */
const firmwareStarts = /BdsDxe: starting Boot/;

function isUml(guest: Guest): guest is UmlOptions {
  return 'machine' in guest;
}

/** Types answers: prompts end no line, so they are looked for in what has come since the last answer. */
function createAnswering(answers: readonly Answer[], type: (text: string) => void) {
  const left = [...answers];
  let shown = '';
  return {
    left: () => left.length,
    show(bytes: Buffer) {
      const [next] = left;
      if (!next) return;
      shown += bytes.toString('latin1');
      if (!next.to.test(shown)) return;
      left.shift();
      shown = '';
      type(next.text);
    },
  };
}

/** Lets events happen so many seconds after their steps; `end` throws where one did not, or could not. */
function scheduleEvents({ events = [], guest }: RunOptions) {
  const timers: NodeJS.Timeout[] = [];
  const begun = new Set<GuestEvent>();
  let over = false;
  let problem: unknown;
  const start = (event: GuestEvent) => {
    begun.add(event);
    const { control = '', diskBus = 'virtio-blk' } = isUml(guest) ? {} : guest;
    happen(event, control, diskBus).catch((error) => {
      // A machine that ends meanwhile ends its connection too.
      if (!over) problem ??= error;
    });
  };
  return {
    reach({ name }: Milestone) {
      for (const event of events.filter(({ step }) => step === name))
        timers.push(setTimeout(() => start(event), event.seconds * 1000));
    },
    end() {
      over = true;
      for (const timer of timers) clearTimeout(timer);
      if (problem) throw problem;
      const missed = events.find((event) => !begun.has(event));
      if (missed)
        throw new ToolError(
          `the machine ended before ${missed.seconds} s behind ${missed.step}, when a disk was to come or go`,
        );
    },
  };
}

/** Starts a TPM in `directory`, which ends with the guest that connects to it. Throws ToolError. */
async function startTpm(directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  // That of a boot before this one, with the same TPM.
  rmSync(tpmSocket(directory), { force: true });
  const command = swtpmArgs(directory);
  let ended: string | undefined;
  start(command).ended.then(({ stderr }) => {
    ended = stderr;
  });
  while (!existsSync(tpmSocket(directory))) {
    if (ended !== undefined)
      throw new ToolError(`swtpm ended:\n    ${formatCommand(command)}\n    | ${ended}`);
    await sleep(50);
  }
}

/** Seconds that a guest with KVM may take to show its kernel's first line. */
const probeSeconds = 8;

/**
 * Finds out whether KVM works: /dev/kvm can exist and still hang a guest before its first line, so a kernel is
 * started and must speak within 8 s. Falls back to emulation.
 */
export async function probeAccelerator(
  guest: Omit<GuestOptions, 'accelerator'>,
  log: string,
): Promise<Accelerator> {
  const probe: GuestOptions = {
    architecture: guest.architecture,
    accelerator: 'kvm',
    kernel: guest.kernel,
    commandLine: guest.commandLine,
    disks: [],
    memory: 512,
    firmware: guest.kernel === undefined ? (guest.firmware ?? 'uefi') : undefined,
    variables: guest.variables,
  };
  let spoke = false;
  try {
    await runGuest({
      guest: probe,
      log,
      timeout: probeSeconds,
      enough: (seen) => {
        // Firmware says no more than that it is there.
        spoke ||= guest.kernel === undefined || seen.milestones.length > 0 || seen.failure !== undefined;
        return spoke;
      },
    });
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
  }
  return spoke ? 'kvm' : 'tcg';
}
