/** What all benchmarks share: programs that must succeed, rounds in turns, tables of medians. */
import { spawnSync } from 'node:child_process';

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

/** Runs each candidate once a round; gives for each name the results of all rounds. */
export async function inTurns(candidates, rounds) {
  const results = new Map(candidates.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round++)
    for (const [name, once] of candidates) results.get(name).push(await once());
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
