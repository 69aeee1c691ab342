/** Faults, each a real boot; what they showed is kept for `npm run faults`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
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
  const results: Result[] = [];
  afterAll(() => writeFileSync(join(openLab().shared, `faults-${form}-${on}.json`), JSON.stringify(results)));

  const rows = faultRows.filter((row) => row.form === form && (row.machine === 'qemu') === (on === 'pc'));
  test.each(rows)('$form, $machine: $fault ends as it must', async (row) => {
    const start = performance.now();
    const fault = allFaults[row.fault] as Fault;
    const { seen, ended, rootHash } = await boot({
      ...{ full: 'probe', goal: 'hand-over', image: 'erofs', usr: 'erofs' },
      ...{ form, machine: row.machine, fault },
    });
    const { ok, expected, seen: how, unverified } = judgeFault(seen, ended, fault, rootHash);
    const seconds = (performance.now() - start) / 1000;
    results.push({
      ...row,
      kernel: (umlOf(row.machine) ?? openLab()).kernel,
      expected,
      seen: how,
      seconds,
      ok,
      unverified,
    });
    expect({ ok, expected, seen: how, unverified }).toMatchObject({ ok: true, unverified: false });
  });
}
