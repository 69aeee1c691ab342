/** `bootrelay boot`: makes a machine, boots it in QEMU and says what happened. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Fault } from '../boot/faults/fault.ts';
import { faults } from '../boot/faults/faults.ts';
import { type FaultyMachine, injectFault, type SoundMachine, withoutFault } from '../boot/faults/inject.ts';
import { goesOn, judgeFault } from '../boot/faults/verdict.ts';
import { probeAccelerator, runGuest } from '../boot/guest.ts';
import { type Machine, makeMachine } from '../boot/machine.ts';
import { formatMilestone, formatTimeline, type Goal, reached, timelineOf } from '../boot/timeline.ts';
import { type Fact, judge } from '../boot/verdict.ts';
import { UsageError } from '../errors.ts';
import { type PlannedPlatform, planOnePlatform } from '../host/platforms.ts';
import { type Progress, withProgress } from '../host/progress.ts';
import type { CommandResult } from '../host/result.ts';
import { withWorkDirectory } from '../host/temporary.ts';
import { readPackedImage } from '../initrd/packed-image.ts';
import { drawTimeline } from '../review/timeline-svg.ts';
import { findKernelImage } from '../sysroot/kernel.ts';
import { didYouMean } from '../text/suggestions.ts';
import type { Accelerator, DiskBus, GuestOptions } from '../tools/qemu.ts';
import { run, versionOf } from '../tools/run.ts';

export interface BootArguments {
  readonly platform: string;
  readonly set: readonly string[];
  readonly sysroot: string;
  readonly kernel: string;
  readonly initrd: string | undefined;
  readonly output: string | undefined;
  readonly until: Goal;
  readonly accelerator: Accelerator | 'auto';
  readonly memory: number;
  readonly timeout: number;
  readonly append: string;
  readonly keepDisk: boolean;
  readonly tpm: boolean;
  readonly disk: DiskBus;
  /** The name of a fault to inject. */
  readonly fault?: string | undefined;
  readonly json: boolean;
}

/** Exit code 4 where the boot does not end as expected. The console's log is kept in `output`. */
export async function boot(args: BootArguments): Promise<CommandResult> {
  requirePositive(args);
  const fault = args.fault === undefined ? undefined : faultNamed(args.fault);
  const loaded = planOnePlatform('boot', args.platform, [...args.set, ...(fault?.settings ?? [])]);
  if ('failed' in loaded) return loaded.failed;
  const { Source } = loaded.platform.config.settings.FullInitrd;
  if (Source !== 'usr' && args.initrd === undefined) {
    throw new UsageError(`FullInitrd.Source=${Source} needs --initrd, the full initrd`);
  }
  if (fault && args.fault !== undefined) requireImage(args.fault, fault, Source, args.initrd);
  if (!findKernelImage(resolve(args.sysroot), args.kernel)) {
    throw new UsageError(`${args.sysroot} has no kernel image of version ${args.kernel}`);
  }
  const output = args.output ?? mkdtempSync(join(tmpdir(), 'bootrelay-boot-'));
  mkdirSync(output, { recursive: true });
  return withWorkDirectory((work) =>
    withProgress(args.json, async (progress) => {
      const made = await makeMachine({
        ...loaded.platform,
        sysroot: resolve(args.sysroot),
        kernel: args.kernel,
        initrd: args.initrd === undefined ? undefined : resolve(args.initrd),
        work,
        imageFault: fault?.image,
        progress: progress.begin,
      });
      if ('findings' in made) {
        return {
          exitCode: 1,
          text: '',
          json: { command: 'boot' },
          findings: [...loaded.findings, ...made.findings],
        };
      }
      const { machine } = made;
      const sound = soundMachine(machine, args);
      const { KernelCommandLine } = loaded.platform.config.settings;
      const hardware = fault ? await injectFault(fault, sound, KernelCommandLine, work) : withoutFault(sound);
      copyFileSync(hardware.initrd, join(output, 'initrd.img'));
      for (const [index, { file }] of (args.keepDisk ? hardware.disks : []).entries())
        await keepDisk(file, join(output, index === 0 ? 'disk.img' : `disk-${index + 1}.img`));
      const result = await bootMachine(loaded.platform, machine, hardware, args, output, progress);
      return { ...result, findings: [...loaded.findings, ...machine.findings] };
    }),
  );
}

function requirePositive(args: BootArguments): void {
  for (const name of ['memory', 'timeout'] as const)
    if (!(args[name] > 0 && Number.isFinite(args[name])))
      throw new UsageError(`--${name} must be a number above 0`);
}

async function bootMachine(
  { config }: PlannedPlatform,
  machine: Machine,
  hardware: FaultyMachine,
  args: BootArguments,
  output: string,
  progress: Progress,
): Promise<CommandResult> {
  const fault = args.fault === undefined ? undefined : faultNamed(args.fault);
  const guest: Omit<GuestOptions, 'accelerator'> = {
    architecture: config.settings.Platform.Architecture,
    kernel: machine.kernelImage,
    initrd: hardware.initrd,
    commandLine: [hardware.commandLine, args.append].filter(Boolean).join(' '),
    disks: hardware.disks,
    diskBus: hardware.bus ?? args.disk,
    memory: hardware.memory ?? args.memory,
    firmware: hardware.firmware,
  };
  const control = hardware.events.length > 0 ? join(machine.work, 'control') : undefined;
  const tpm = args.tpm ? join(machine.work, 'tpm') : undefined;
  const accelerator = await chooseAccelerator(args, guest, output, progress);
  progress.begin(`booting with ${accelerator}`);
  const log = join(output, 'console.log');
  const { seen, ended } = await runGuest({
    guest: { ...guest, accelerator, tpm, control },
    events: hardware.events,
    ...(hardware.answers.length > 0 && { answers: hardware.answers }),
    log,
    timeout: args.timeout,
    enough: (observed) => reached(observed, goalOf(args, fault)) && !(fault && goesOn(fault)),
    // The emergency action has a delay, and ends the machine by itself.
    ...(fault && { lastWords: (config.settings.Emergency.Delay + 20) * 1000 }),
    onMilestone: (milestone) => progress.note(formatMilestone(milestone).trimEnd()),
  });
  progress.end();
  const verdict = fault
    ? judgeFault(seen, ended, fault, machine.rootHash)
    : judge(seen, { config, goal: args.until, rootHash: machine.rootHash }, ended);
  const qemu = await versionOf(
    config.settings.Platform.Architecture === 'arm64' ? 'qemu-system-aarch64' : 'qemu-system-x86_64',
  );
  writeFileSync(
    join(output, 'timeline.json'),
    `${JSON.stringify({ milestones: timelineOf(seen), verdict }, undefined, 2)}\n`,
  );
  writeFileSync(join(output, 'timeline.svg'), drawTimeline(timelineOf(seen), `The boot of ${config.name}`));
  const text = [
    formatTimeline(timelineOf(seen)),
    ...verdict.facts.map(formatFact),
    `${verdict.ok ? 'OK' : 'FAILED'}: ${verdict.summary} (QEMU ${qemu}, ${accelerator})`,
    `console log: ${log}`,
  ].join('\n');
  const machineFacts = {
    rootHash: machine.rootHash,
    commandLine: guest.commandLine,
    ...(args.keepDisk && { disk: join(output, 'disk.img') }),
  };
  const json = {
    command: 'boot',
    accelerator,
    qemu,
    machine: machineFacts,
    milestones: timelineOf(seen),
    report: seen.report,
    verdict,
    log,
  };
  return { exitCode: verdict.ok ? 0 : 4, text, json, findings: [] };
}

/** With a fault the full initrd must have checked /usr: its first word is not enough. */
function goalOf({ until }: BootArguments, fault: Fault | undefined): Goal {
  return fault && until === 'hand-over' ? 'stage-2' : until;
}

/** A fault of the image is one of what is packed here. */
function requireImage(name: string, fault: Fault, source: string, initrd: string | undefined): void {
  const ofImage =
    fault.image !== undefined || fault.disks?.some(({ damage }) => damage?.place.in === 'image');
  if (!ofImage || (source !== 'usr' && initrd !== undefined && !readPackedImage(initrd))) return;
  throw new UsageError(`the fault ${name} is one of the image, which must be packed from --initrd, a cpio`);
}

function soundMachine(machine: Machine, args: BootArguments): SoundMachine {
  const { build, disk, commandLine, rootHash, work, image } = machine;
  const modules = join(work, 'build/modules');
  return {
    initrd: build.image,
    disk,
    commandLine,
    rootHash,
    modules,
    sources: { sysroot: resolve(args.sysroot), image },
  };
}

function faultNamed(name: string): Fault {
  const fault = Object.hasOwn(faults, name) ? faults[name] : undefined;
  if (fault) return fault;
  const names = Object.keys(faults);
  const hint = didYouMean(name, names) ?? `the faults are ${names.join(', ')}`;
  throw new UsageError(`there is no fault ${name}; ${hint}`);
}

async function chooseAccelerator(
  { accelerator }: BootArguments,
  guest: Omit<GuestOptions, 'accelerator'>,
  output: string,
  progress: Progress,
): Promise<Accelerator> {
  if (accelerator !== 'auto') return accelerator;
  progress.begin('asking whether KVM works');
  return probeAccelerator(guest, join(output, 'kvm-probe.log'));
}

/** The disk of the machine, to start it again by hand. */
async function keepDisk(disk: string, target: string): Promise<void> {
  rmSync(target, { force: true });
  await run({ program: 'cp', args: ['--sparse=always', '--', disk, target] });
}

function formatFact({ ok, statement, evidence }: Fact): string {
  return `${ok ? 'yes' : 'NO '}  ${statement}\n     ${evidence.slice(0, 200)}`;
}
