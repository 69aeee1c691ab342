/** Every fault in one form of stage 1, each a real boot; the rows are kept for `npm run faults`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { faults } from '../../src/boot/faults/faults.ts';
import { judgeFault } from '../../src/boot/faults/verdict.ts';
import { openLab } from '../lab/lab.ts';
import { boot } from './boots.ts';

/** A boot with a fault, as test/faults.js prints it. */
interface Row {
  readonly fault: string;
  readonly form: string;
  readonly expected: string;
  readonly seen: string;
  readonly seconds: number;
  readonly ok: boolean;
  readonly unverified: boolean;
}

export function testFaults(form: 'shell' | 'systemd'): void {
  const rows: Row[] = [];
  afterAll(() => writeFileSync(join(openLab().shared, `faults-${form}.json`), JSON.stringify(rows)));

  test.each(Object.entries(faults))(`${form}: %s ends as it must`, async (name, fault) => {
    const start = performance.now();
    const options = {
      full: 'probe',
      goal: 'hand-over',
      image: 'erofs',
      usr: 'erofs',
      form,
      fault,
    } as const;
    const { seen, ended, rootHash } = await boot(options);
    const { ok, expected, seen: how, unverified } = judgeFault(seen, ended, fault, rootHash);
    rows.push({
      fault: name,
      form,
      expected,
      seen: how,
      seconds: (performance.now() - start) / 1000,
      ok,
      unverified,
    });
    expect({ ok, expected, seen: how, unverified }).toMatchObject({ ok: true, unverified: false });
  });
}
