/** The verdict on a boot of a disk image that is given: by the report where one came, else by what the console showed. */
import type { PlatformConfig } from '../config/validate.ts';
import { rootHashOnCommandLine } from '../disk/given-root-hash.ts';
import type { Goal, Observation } from './timeline.ts';
import { type Expectation, type Fact, judge, judgeReport, type Verdict } from './verdict.ts';

export interface ImageExpectation extends Expectation {
  /** Words that the loader in the image was to add to the kernel command line. */
  readonly asked: string;
  /** Firmware boots the image. */
  readonly firmware: boolean;
}

/** The root hash that /usr must have: what is known, else what the kernel command line says. */
export function expectedRootHash(
  config: PlatformConfig,
  known: string | undefined,
  { commandLine }: Observation,
): string | undefined {
  if (known !== undefined || config.settings.Verity.Verity === 'no') return known;
  return commandLine === undefined ? undefined : rootHashOnCommandLine(config, commandLine);
}

/** Enough has been seen of the boot, but for a report that may still come. */
export function awaitsReport(seen: Observation, goal: Goal): boolean {
  return goal === 'multi-user' && seen.multiUser === true && seen.report.length === 0;
}

/** Judges it. `ended` as in judge(). */
export function judgeImage(
  seen: Observation,
  expected: ImageExpectation,
  ended: 'exit' | 'goal' | 'timeout',
): Verdict {
  const unreported = awaitsReport(seen, expected.goal) && seen.failure === undefined;
  const verdict = unreported ? withoutReport(seen, expected) : judge(seen, expected, ended);
  const facts = [...consoleFacts(seen, expected), ...verdict.facts];
  const wrong = consoleFacts(seen, expected).filter(({ ok }) => !ok);
  if (!verdict.ok) return { ...verdict, facts, summary: `${verdict.summary}${hint(seen, expected)}` };
  if (wrong.length === 0) return { ...verdict, facts };
  const summary = `${verdict.summary}, but: ${wrong.map(({ statement }) => `not true: ${statement}`).join('; ')}`;
  return { ...verdict, ok: false, facts, summary };
}

function withoutReport(seen: Observation, expected: ImageExpectation): Verdict {
  const [fromImage, ...others] = judgeReport(seen, expected);
  const ok = fromImage?.ok === true;
  const reached = 'multi-user.target reached, as the console shows; the system did not report';
  return {
    ok,
    summary: ok ? reached : `${reached}, and: not true: ${fromImage?.statement}`,
    facts: fromImage ? [fromImage] : [],
    notAsked: others.map(({ statement }) => statement),
  };
}

/** What only a given image must show. */
function consoleFacts(
  seen: Observation,
  { config, asked, goal, rootHash }: ImageExpectation,
): readonly Fact[] {
  const unverified = config.settings.Verity.Verity === 'no';
  const known: Fact = {
    ok: unverified || rootHash !== undefined,
    statement: 'the root hash that /usr must have is known',
    evidence: rootHash ?? 'neither --root-hash nor the disk nor the kernel command line tells it',
  };
  const passed: Fact = {
    ok:
      seen.checked !== undefined &&
      (unverified || (rootHash !== undefined && seen.checked.endsWith(rootHash))),
    statement: 'the full initrd checked /usr, and went on',
    evidence: seen.checked ?? 'the console does not show it',
  };
  const added: Fact = {
    ok: seen.commandLine?.includes(asked) === true,
    statement: `the loader in the image added to the kernel command line: ${asked}`,
    evidence:
      seen.commandLine ??
      'the console does not show the kernel command line: it needs console=, and no quiet',
  };
  return [
    ...(known.ok ? [] : [known]),
    ...(asked === '' ? [] : [added]),
    ...(goal === 'hand-over' ? [] : [passed]),
  ];
}

/** Why nothing may have been seen. */
function hint({ milestones, commandLine, failure }: Observation, { firmware }: ImageExpectation): string {
  if (!firmware || failure !== undefined || milestones.length > 0 || commandLine !== undefined) return '';
  return '; nothing of a kernel on the serial console: the image must have console= for it, or a loader that adds it (systemd-stub 254, systemd-boot 256, or newer), else give --kernel and --initrd';
}
