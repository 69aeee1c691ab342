/** Faults, each a real boot; what they showed is kept for `npm run faults`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, test } from '@jest/globals';
import type { Fault } from '../../src/boot/faults/fault.ts';
import { judgeFault } from '../../src/boot/faults/verdict.ts';
import { openLab, umlOf } from '../lab/lab.ts';
import { boot } from './boots.ts';
import { allFaults, type FaultRow, faultRows } from './fault-rows.ts';

/** A boot with a fault, as test/faults.js prints it. */
interface Result extends FaultRow {
  readonly kernel: string;
  readonly expected: string;
  readonly seen: string;
  readonly seconds: number;
  readonly ok: boolean;
  readonly unverified: boolean;
}

/** Boots the rows of one form, on a PC or as programs. */
export function testFaults(form: FaultRow['form'], on: 'pc' | 'uml'): void {
  const rows = faultRows.filter((row) => row.form === form && (row.machine === 'qemu') === (on === 'pc'));
  testRows(rows, `faults-${form}-${on}.json`);
}

/** Boots these rows; what they showed goes into a file of the lab. */
export function testRows(rows: readonly FaultRow[], file: string): void {
  const results: Result[] = [];
  afterAll(() => writeFileSync(join(openLab().shared, file), JSON.stringify(results)));

  test.each(rows)('$form, $machine: $fault ends as it must', async (row) => {
    const start = performance.now();
    const { verdict, lastWords } = await bootFault(row);
    const { ok, expected, seen, unverified } = verdict;
    const seconds = (performance.now() - start) / 1000;
    const { kernel } = umlOf(row.machine) ?? openLab();
    results.push({ ...row, kernel, expected, seen, seconds, ok, unverified });
    if (!ok || unverified) throw new Error(`${verdict.summary}\n${lastWords}`);
  });
}

/** Boots a row; gives also the end of what its console showed. */
async function bootFault(row: FaultRow) {
  const fault = allFaults[row.fault] as Fault;
  const { seen, ended, rootHash, log } = await boot({
    ...{ full: 'probe', goal: 'hand-over', image: 'erofs', usr: 'erofs' },
    ...{ form: row.form, machine: row.machine, fault },
  });
  const verdict = judgeFault(seen, ended, fault, rootHash);
  const lastWords = readFileSync(log, 'latin1').split('\n').slice(-30).join('\n');
  return { verdict, lastWords };
}
