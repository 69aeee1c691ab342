/** The formats that a bill is written in, by the end of the file's name. */
import { renameSync, writeFileSync } from 'node:fs';
import type { Bill } from './bill.ts';
import { cycloneDx } from './cyclonedx.ts';
import { spdx } from './spdx.ts';

const formats = { '.spdx.json': spdx, '.cdx.json': cycloneDx } as const;

/** Writes a bill as PREFIX.spdx.json and PREFIX.cdx.json, to be read by those who may read what it is of. */
export function writeBill(bill: Bill, prefix: string, mode: number): void {
  for (const [ending, text] of formatBill(bill)) {
    const fresh = `${prefix}${ending}.new`;
    writeFileSync(fresh, text, { mode });
    renameSync(fresh, `${prefix}${ending}`);
  }
}

/** The texts of a bill by the end of the name of their file. */
export function formatBill(bill: Bill): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(formats).map(([ending, format]) => [
      ending,
      `${JSON.stringify(format(bill), undefined, 1)}\n`,
    ]),
  );
}
