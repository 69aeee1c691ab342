/** What a console log says of a boot: which steps, when, how it ended. */
import { switchRoot } from '../plan/steps/switch-root.ts';
import { checkNames } from '../render/full-initrd.ts';
import type { ConsoleLine } from './console.ts';

export interface Milestone {
  /** A step of the boot plan, or one of the stages around it. */
  readonly name: string;
  /** Seconds since the kernel started; before that they are negative. */
  readonly uptime: number;
  readonly stage: 'firmware' | 'kernel' | 'stage 1' | 'stage 2' | 'system';
}

export interface Observation {
  readonly milestones: readonly Milestone[];
  /** What stage 1, the check in the full initrd or the kernel said when the boot stopped. */
  readonly failure?: string;
  /** Lines that came before a kernel panic and name the cause. */
  readonly kernelCause?: string;
  /** What the check of /usr in the full initrd found, where it passed. */
  readonly checked?: string;
  /** What PID 1 of the full initrd was, and where it came from, as the check of /usr saw it. */
  readonly stage2?: string;
  /** The command line that the kernel got, as it says itself. */
  readonly commandLine?: string;
  /** systemd of the system says on the console that multi-user.target is reached. */
  readonly multiUser?: true;
  /** The report of the booted system: `KEY VALUE` lines. */
  readonly report: readonly ReportLine[];
  readonly reportEnded: boolean;
}

export interface ReportLine {
  readonly key: string;
  readonly value: string;
}

/** How far a boot must come, or came. */
export const goals = ['hand-over', 'stage-2', 'multi-user'] as const;
export type Goal = (typeof goals)[number];

export const nothingSeen: Observation = { milestones: [], report: [], reportEnded: false };

type Stage = Milestone['stage'];

/** Lines that begin something; the stage is the one that the boot is in then. */
const signs: readonly (readonly [RegExp, string])[] = [
  [/^systemd(?:\[1\])?: systemd \d+.* running in system mode/, 'systemd'],
  ...checkNames.map((name) => [new RegExp(`^bootrelay: ${name}: `), name] as const),
];

/** Steps of the boot plan: what their text says itself, and what systemd says of a mount unit. */
const stepPatterns = [
  /^bootrelay: ([a-z][a-z0-9-]*)$/,
  /^systemd(?:\[1\])?: Mounting \S+ - bootrelay: ([a-z][a-z0-9-]*)\.\.\.$/,
];

/** What the emergency action says when its shell was left and the boot is tried again: what failed before does not count. */
const beginsAgain = 'bootrelay: the shell was left, and the boot begins again';
/** In the log of systemd, or in what it shows of its progress. */
const multiUserReached =
  /^(?:systemd\[1\]: |\[ {2}OK {2}\] )Reached target (?:multi-user\.target|Multi-User System)/;

/** What OVMF says once none of its boot options is left but its own shell. */
const nothingToStart = /^(?:UEFI Interactive Shell v|BdsDxe: No bootable option or device was found)/;
const withoutLoader =
  'the firmware found nothing to start: it looks for EFI/BOOT/BOOTX64.EFI (BOOTAA64.EFI on arm64) in an ESP whose FAT file system it can read';

/** Adds one line of the console to what was seen; in a value of it any character may stand (U+2028 too, which . does not match). */
export function observe(seen: Observation, { uptime, text }: ConsoleLine): Observation {
  const failure = /^bootrelay: (\S+ failed: .*)$/s.exec(text)?.[1];
  if (failure && seen.failure === undefined && uptime !== undefined) return { ...seen, failure };
  if (text === beginsAgain) {
    const { failure: _, ...before } = seen;
    return before;
  }
  if (nothingToStart.test(text) && seen.failure === undefined && seen.milestones.length === 0)
    return { ...seen, failure: withoutLoader };
  const panic = /^Kernel panic - not syncing: (.*)$/s.exec(text)?.[1];
  if (panic && seen.failure === undefined) return { ...seen, failure: `kernel panic: ${panic}` };
  if (
    /^device-mapper: (verity|table): .*(is corrupted|has been corrupted|is not valid|Root hash verification failed)/.test(
      text,
    )
  ) {
    return { ...seen, kernelCause: seen.kernelCause ?? text };
  }
  const restart = /^reboot: Restarting system with command '(.*)'$/.exec(text)?.[1];
  if (restart && seen.failure === undefined) return { ...seen, failure: `kernel restart: ${restart}` };
  const commandLine = /^(?:Kernel command line|Command line): (.*)$/s.exec(text)?.[1];
  if (commandLine !== undefined && seen.milestones.length === 0) return { ...seen, commandLine };
  if (multiUserReached.test(text)) return { ...seen, multiUser: true };
  const stage2 = /^bootrelay: check-(?:usr|image), PID 1 is (.*)$/s.exec(text)?.[1];
  if (stage2) return { ...seen, stage2 };
  const report = /^bootrelay-report: (\S+) ?(.*)$/s.exec(text);
  if (report) return observeReport(seen, { key: report[1] ?? '', value: report[2] ?? '' }, uptime);
  const milestone = uptime === undefined ? undefined : readMilestone(text, uptime, seen);
  const checked = /^bootrelay: check-(?:usr|image): (.*)$/s.exec(text)?.[1];
  return {
    ...seen,
    ...(checked !== undefined && { checked }),
    ...(milestone && { milestones: [...seen.milestones, milestone] }),
  };
}

function observeReport(seen: Observation, line: ReportLine, uptime: number | undefined): Observation {
  const first = seen.report.length === 0 && uptime !== undefined;
  const reached: Milestone = { name: 'multi-user', uptime: uptime ?? 0, stage: 'system' };
  return {
    ...seen,
    milestones: first ? [...seen.milestones, reached] : seen.milestones,
    report: line.key === 'end' ? seen.report : [...seen.report, line],
    reportEnded: seen.reportEnded || line.key === 'end',
  };
}

function readMilestone(text: string, uptime: number, seen: Observation): Milestone | undefined {
  const name = nameOf(text, seen);
  if (!name) return undefined;
  const milestone = { name, uptime, stage: stageOf(name, seen) };
  const again = seen.milestones.some((other) => other.name === name && other.stage === milestone.stage);
  return again ? undefined : milestone;
}

function nameOf(text: string, seen: Observation): string | undefined {
  if (/^(?:kernel: )?Run \/init as init process/.test(text)) return 'init';
  const step = stepPatterns.map((pattern) => pattern.exec(text)?.[1]).find(Boolean);
  if (step) return step;
  // With systemd in all stages it switches twice.
  if (/^systemd(?:\[1\])?: Switching root\.$/.test(text)) {
    return inStage(seen, 'stage 2') ? 'switch-to-system' : 'enter-full-initrd';
  }
  return signs.find(([pattern]) => pattern.test(text))?.[1];
}

/** The stage in which a milestone of that name begins, by what has been seen before it. */
function stageOf(name: string, seen: Observation): Stage {
  const passed = (other: string) => seen.milestones.some((milestone) => milestone.name === other);
  if (name === 'init') return 'kernel';
  if (isCheck(name) || name === 'switch-to-system') return 'stage 2';
  if (name !== 'systemd' || !passed(switchRoot.name)) return 'stage 1';
  // A full initrd without systemd says nothing when it leaves its root.
  const withoutSystemd = seen.stage2 !== undefined && !seen.stage2.includes('/systemd');
  return passed('switch-to-system') || withoutSystemd ? 'system' : 'stage 2';
}

function isCheck(name: string): boolean {
  return checkNames.some((check) => check === name);
}

function inStage({ milestones }: Observation, stage: Stage): boolean {
  return milestones.some((milestone) => milestone.stage === stage);
}

/**
 * The boot as the journal of the booted system tells it; a line of the report is `journal MICROSECONDS TEXT`.
 * systemd's own lines are in the order of their arrival, which is not always that of their time.
 */
export function milestonesOfJournal(report: readonly ReportLine[]): readonly Milestone[] {
  const lines = report
    .filter(({ key }) => key === 'journal')
    .map(({ value }) => ({ uptime: Number.parseInt(value, 10) / 1e6, text: value.replace(/^\d+ /, '') }))
    .sort((left, right) => left.uptime - right.uptime);
  return lines.reduce(observe, nothingSeen).milestones;
}

/** True once the boot has come as far as `goal`: `hand-over` once stage 2 has spoken, not when stage 1 begins it. */
export function reached(seen: Observation, goal: Goal): boolean {
  if (goal === 'multi-user') return seen.reportEnded;
  if (goal === 'stage-2') return seen.milestones.some(({ name }) => isCheck(name));
  return inStage(seen, 'stage 2') || inStage(seen, 'system');
}

/** The best that is known of a boot: the journal's story where the system reported it, else the console's. */
export function timelineOf({ milestones, report }: Observation): readonly Milestone[] {
  const told = milestonesOfJournal(report);
  return told.length === 0
    ? milestones
    : [...told, ...milestones.filter(({ name }) => name === 'multi-user')];
}

/** When a machine was switched on, its firmware started the boot loader, and its kernel /init: seconds of one clock. */
export interface FirmwareTimes {
  readonly on: number;
  readonly loader: number;
  readonly init: number;
}

/** The same boot from the firmware on, where a firmware was seen: nobody but an observer's clock knows how long it took. */
export function withFirmware(
  milestones: readonly Milestone[],
  times: FirmwareTimes | undefined,
): readonly Milestone[] {
  const init = milestones.find(({ name }) => name === 'init');
  if (!times || !init) return milestones;
  const kernel = times.init - init.uptime;
  return [
    { name: 'firmware', uptime: times.on - kernel, stage: 'firmware' },
    { name: 'boot-loader', uptime: times.loader - kernel, stage: 'firmware' },
    { name: 'kernel', uptime: 0, stage: 'kernel' },
    ...milestones,
  ];
}

/** Where a timeline begins: with the firmware, or with the kernel. */
export function startOf(milestones: readonly Milestone[]): number {
  return Math.min(0, milestones[0]?.uptime ?? 0);
}

/** The timeline as text: when each milestone began, in seconds since the kernel started (negative before that), and how long it was until the next one. */
export function formatTimeline(milestones: readonly Milestone[]): string {
  const head = `${'begins'.padStart(9)}   ${'takes'.padStart(9)}   stage    step\n`;
  return (
    head + milestones.map((milestone, index) => formatMilestone(milestone, milestones[index + 1])).join('')
  );
}

/** One line of the timeline; without a `next` milestone nobody knows how long it took. */
export function formatMilestone({ name, uptime, stage }: Milestone, next?: Milestone): string {
  const takes = next ? `${(next.uptime - uptime).toFixed(3)} s` : '';
  return `${uptime.toFixed(3).padStart(9)} s ${takes.padStart(10)}  ${stage.padEnd(8)} ${name}\n`;
}
