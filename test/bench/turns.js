/** What all benchmarks share: programs that must succeed, rounds in turns, tables of medians. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

export const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** Runs a program to its end; gives its output. Throws with its last words. */
export function runProgram(program, args, env = process.env) {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', env, maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr.slice(-2000)}`);
  return stdout;
}

/** Seconds that a program takes. */
export function time(program, args, env) {
  const start = performance.now();
  runProgram(program, args, env);
  return (performance.now() - start) / 1000;
}

/** A run that did not come to its end, with all that its console showed; `directory` keeps that. */
export class FailedRun extends Error {}

/** Keeps the console of a run that failed, beside all that is left of the benchmark. */
export function failed(log, directory) {
  const kept = join(mkdtempSync(join(tmpdir(), 'bootrelay-bench-failed-')), `${basename(directory)}.log`);
  writeFileSync(kept, log, 'latin1');
  const last = log.trimEnd().split('\n').slice(-3).join('\n    ');
  throw new FailedRun(`did not come to its end; its console is in ${kept}:\n    ${last}`);
}

/** Runs each candidate once a round; gives for each name the results of all rounds. One that fails is told, and the rest goes on. */
export async function inTurns(candidates, rounds) {
  const results = new Map(candidates.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round++)
    for (const [name, once] of candidates) {
      try {
        results.get(name).push(await once());
      } catch (error) {
        if (!(error instanceof FailedRun)) throw error;
        console.log(`${name}, round ${round + 1}: ${error.message}`);
      }
    }
  return [...results];
}

/** Prints seconds by name: median, range, and the ratio to `baseline`. */
export function printTimes(results, baseline) {
  const reference = median(results.find(([name]) => name === baseline)?.[1] ?? [Number.NaN]);
  for (const [name, all] of results) {
    const ratio = Number.isNaN(reference) ? '' : `  ${(median(all) / reference).toFixed(2)} of ${baseline}`;
    const range = `(${Math.min(...all).toFixed(3)}-${Math.max(...all).toFixed(3)})`;
    console.log(`${name.padEnd(34)} ${median(all).toFixed(3).padStart(8)} s  ${range}${ratio}`);
  }
}

/** Prints a Markdown table. */
export function printTable(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  console.log([line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n'));
}
