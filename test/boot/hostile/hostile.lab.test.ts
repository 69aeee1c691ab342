/** Whatever the kernel command line says: a verified /usr, or a reason. HOSTILE_RUNS and HOSTILE_SEED say how many and which. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { planBoot } from '../../../src/plan/plan.ts';
import { renderPlatform } from '../../../src/render/platform.ts';
import { textAt } from '../../../src/render/tree.ts';
import { configure } from '../../config/platform-files.ts';
import { openLab } from '../../lab/lab.ts';
import { bootHostile, type End, type Outcome, type Target, targets } from './boots.ts';
import { type Hostile, hostileCommandLines } from './command-lines.ts';

const runs = Number(process.env.HOSTILE_RUNS ?? 60);
const seed = Number(process.env.HOSTILE_SEED ?? Math.floor(Math.random() * 2 ** 31));

interface Case {
  readonly target: Target;
  readonly hostile: Hostile;
}

/** The names of variables in all scripts of stage 1. */
function variables(): readonly string[] {
  const tree = renderPlatform(configure(), planBoot(configure(), []));
  const text = [...tree.keys()]
    .filter((path) => path.startsWith('minimal/'))
    .map((path) => textAt(tree, path))
    .join('\n');
  return [...new Set([...text.matchAll(/\b([A-Za-z_]\w*)=/g)].map(([, name = '']) => name))].sort();
}

const isGood = (end: End) => end === 'verified' || end === 'stopped with a reason';

/** Leaves out words as long as the end stays the same. */
async function shrink({ target, hostile }: Case, end: End): Promise<Hostile> {
  for (const side of ['before', 'after'] as const)
    for (const index of hostile[side].keys()) {
      const less = { ...hostile, [side]: hostile[side].filter((_, other) => other !== index) };
      if ((await bootHostile(target, less)).end === end) return shrink({ target, hostile: less }, end);
    }
  return hostile;
}

/** Takes the next case until there is none; two at a time. */
async function inTurns(cases: readonly Case[], each: (one: Case, index: number) => Promise<void>) {
  const left = [...cases.entries()];
  const work = async () => {
    for (let next = left.shift(); next; next = left.shift()) await each(next[1], next[0]);
  };
  await Promise.all([work(), work()]);
}

function countReasons(outcomes: readonly Outcome[]): readonly string[] {
  const reasons = outcomes.flatMap(({ reason }) => reason ?? []);
  const count = (reason: string) => reasons.filter((other) => other === reason).length;
  return [...new Set(reasons)].sort().map((reason) => `${count(reason)} ${reason}`);
}

function countEnds(outcomes: readonly Outcome[]): string {
  const ends: readonly End[] = ['verified', 'stopped with a reason', 'unverified', 'without an end'];
  const counts = ends.map((end) => `${outcomes.filter((outcome) => outcome.end === end).length} ${end}`);
  return `${outcomes.length} command lines: ${counts.join(', ')}`;
}

test(
  `${runs} hostile kernel command lines`,
  async () => {
    const hostile = fc.sample(hostileCommandLines(variables()), { numRuns: runs, seed });
    const cases = hostile.map((line, index) => ({
      target: targets[index % targets.length] as Target,
      hostile: line,
    }));
    const outcomes: Outcome[] = [];
    const bad: string[] = [];
    const start = performance.now();
    await inTurns(cases, async (one, index) => {
      const outcome = await bootHostile(one.target, one.hostile);
      outcomes.push(outcome);
      if (isGood(outcome.end)) return;
      const least = bad.length < 10 ? await shrink(one, outcome.end) : one.hostile;
      bad.push(
        `${index}: ${outcome.end}: ${JSON.stringify({ ...one.target, ...least })}\n    seen: ${outcome.seen}`,
      );
    });
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    const summary = [
      ...bad,
      ...countReasons(outcomes),
      `seed ${seed}, ${seconds} s`,
      countEnds(outcomes),
    ].join('\n');
    writeFileSync(join(openLab().shared, 'hostile.txt'), `${summary}\n`);
    expect({ seed, bad }).toEqual({ seed, bad: [] });
  },
  Math.max(300_000, runs * 10_000),
);
