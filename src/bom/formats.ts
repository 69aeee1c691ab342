/** The formats that a bill is written in, by the end of the file's name. */
import type { Bill } from './bill.ts';
import { cycloneDx } from './cyclonedx.ts';
import { spdx } from './spdx.ts';

const formats = { '.spdx.json': spdx, '.cdx.json': cycloneDx } as const;

/** The texts of a bill by the end of the name of their file. */
export function formatBill(bill: Bill): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(formats).map(([ending, format]) => [
      ending,
      `${JSON.stringify(format(bill), undefined, 1)}\n`,
    ]),
  );
}
