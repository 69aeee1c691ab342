/** Did a boot with a fault end as it must? */
import type { Observation } from '../timeline.ts';
import type { Verdict } from '../verdict.ts';
import type { Ending, Fault } from './fault.ts';

/** What a boot with a fault showed against what it must show. */
export interface FaultVerdict extends Verdict {
  readonly expected: string;
  readonly seen: string;
  /** A full initrd was started. */
  readonly handedOver: boolean;
  /** A full initrd was started and did not find the /usr of the root hash: this must never happen. */
  readonly unverified: boolean;
}

/** How a boot must end, in one line. */
export function formatEnding(ending: Ending): string {
  if ('step' in ending) return `${ending.step} failed: ${ending.reason}`;
  if ('reasons' in ending) return `one of ${ending.reasons.join(', ')}`;
  if ('kernel' in ending) return `${ending.kernel}${ending.afterHandOver ? ', once handed over' : ''}`;
  return 'the verified /usr handed over';
}

/** The boot goes on behind the hand-over, until the kernel ends it. */
export function goesOn({ expected }: Fault): boolean {
  return 'kernel' in expected && expected.afterHandOver === true;
}

/** Judges a boot with a fault. `ended`: by itself, as the emergency action wants it, or because we waited for nothing more. */
export function judgeFault(
  seen: Observation,
  ended: 'exit' | 'goal' | 'timeout',
  { expected }: Fault,
  rootHash: string | undefined,
): FaultVerdict {
  const handedOver = seen.milestones.some(({ stage }) => stage === 'stage 2' || stage === 'system');
  const unverified = handedOver && !isVerified(seen, rootHash);
  const what = describe(seen, handedOver, unverified);
  const how = ended === 'timeout' ? `${what}; the machine went on` : what;
  const ok = !unverified && isAsExpected(seen, expected, handedOver, ended);
  const summary = ok ? `as expected: ${how}` : `expected: ${formatEnding(expected)}; seen: ${how}`;
  return { ok, summary, facts: [], expected: formatEnding(expected), seen: how, handedOver, unverified };
}

function isAsExpected(
  { failure = '', kernelCause = '' }: Observation,
  expected: Ending,
  handedOver: boolean,
  ended: 'exit' | 'goal' | 'timeout',
): boolean {
  if ('handOver' in expected) return handedOver && failure === '' && ended === 'goal';
  // The emergency action, or the kernel's restart behind a panic, must have ended the machine.
  if (ended !== 'exit') return false;
  if ('kernel' in expected)
    return failure.startsWith(expected.kernel) && handedOver === (expected.afterHandOver === true);
  const reason = /^(\S+) failed: ([a-z0-9-]+): /.exec(failure);
  if (handedOver || !reason) return false;
  if ('reasons' in expected) return expected.reasons.some((name) => name === reason[2]);
  const because = expected.because === undefined || kernelCause.includes(expected.because);
  return because && reason[1] === expected.step && reason[2] === expected.reason;
}

/** The check of /usr in the full initrd has passed, with the root hash of the disk. */
function isVerified({ checked }: Observation, rootHash: string | undefined): boolean {
  return rootHash !== undefined && checked?.endsWith(` with root hash ${rootHash}`) === true;
}

function describe({ failure, milestones }: Observation, handedOver: boolean, unverified: boolean): string {
  if (unverified) return `handed over unverified${failure ? `, then ${failure}` : ''}`;
  if (handedOver) return `the verified /usr handed over${failure ? `, then ${failure}` : ''}`;
  return failure ?? `no reason; the last step was ${milestones.at(-1)?.name ?? 'none'}`;
}
