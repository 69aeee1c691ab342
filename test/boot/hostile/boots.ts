/** Boots of hostile kernel command lines, and how each ended. */
import { rmSync } from 'node:fs';
import type { TestMachine } from '../../lab/lab.ts';
import { attackerDisks } from '../attacks.ts';
import { type BootResult, boot } from '../boots.ts';
import { around, type Hostile } from './command-lines.ts';

/** A platform and a kernel that a hostile line meets. */
export interface Target {
  readonly machine: TestMachine;
  readonly usr: 'erofs' | 'btrfs';
  /** The root hash is built in; else it is on the command line. */
  readonly builtIn: boolean;
}

/** Most have the root hash built in, where nothing else than the sound /usr may boot. The old kernel believes more. */
export const targets: readonly Target[] = [
  { machine: 'uml-old', usr: 'btrfs', builtIn: true },
  { machine: 'uml-new', usr: 'btrfs', builtIn: true },
  { machine: 'uml-new', usr: 'erofs', builtIn: true },
  { machine: 'uml-new', usr: 'erofs', builtIn: false },
];

export type End = 'verified' | 'stopped with a reason' | 'unverified' | 'without an end';

export interface Outcome {
  readonly end: End;
  /** Which step stopped it with which reason. */
  readonly reason: string | undefined;
  readonly seen: string;
}

export async function bootHostile(target: Target, hostile: Hostile): Promise<Outcome> {
  const result = await boot({
    ...{ full: 'probe', goal: 'hand-over', image: 'erofs', form: 'shell' },
    ...target,
    settings: ['Devices.Timeout=1s', 'Emergency.Delay=0'],
    timeout: 30,
    fault: {
      what: 'a hostile kernel command line',
      disks: attackerDisks,
      commandLine: (sound) => around(hostile, sound),
      expected: { handOver: 'verified' },
    },
  });
  const end = endOf(result);
  if (end === 'verified' || end === 'stopped with a reason') rmSync(result.log);
  const last = result.seen.milestones.at(-1)?.name ?? 'none';
  const reason = /^(\S+) failed: ([a-z0-9-]+): /
    .exec(result.seen.failure ?? '')
    ?.slice(1)
    .join(' ');
  return {
    end,
    reason,
    seen: `${result.seen.failure ?? `last step ${last}`}, ${result.ended}, ${result.log}`,
  };
}

/**
 * What is handed over must be the /usr of the root hash: a check in the full initrd that finds something else comes too late.
 * Where the root hash is on the command line its owner chooses: the disk has one /usr with one root hash only.
 */
function endOf({ seen, ended, rootHash }: BootResult): End {
  const { failure = '', checked, milestones } = seen;
  if (checked?.endsWith(` with root hash ${rootHash}`)) return 'verified';
  if (failure.startsWith('check-usr ') || milestones.some(({ stage }) => stage === 'stage 2'))
    return 'unverified';
  const reason = /^\S+ failed: [a-z0-9-]+: /.test(failure) || /^kernel panic: dm-verity /.test(failure);
  return reason && ended === 'exit' ? 'stopped with a reason' : 'without an end';
}
