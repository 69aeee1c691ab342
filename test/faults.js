/** `npm run faults`: what the matrix of faults showed, as a table. Exit code 1 where a boot did not end as expected. */
import { readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
const shared = join(process.env.BOOTRELAY_LAB || join(cache, 'bootrelay/lab'), 'shared');
const read = (name) => JSON.parse(readFileSync(join(shared, name), 'utf8'));
const nameOf = ({ fault, form, machine }) => `${fault.padEnd(30)} ${form.padEnd(7)} ${machine.padEnd(7)}`;

const results = readdirSync(shared)
  .filter((name) => /^faults-.*\.json$/.test(name))
  .flatMap(read);
const planned = read('fault-rows.json');
for (const row of planned) {
  const result = results.find((other) => nameOf(other) === nameOf(row));
  if (!result) {
    console.log(`NOT ${nameOf(row)} did not run`);
    continue;
  }
  const { kernel, expected, seen, seconds, ok } = result;
  const time = `${seconds.toFixed(1)} s`.padStart(6);
  console.log(`${ok ? 'ok ' : 'NOT'} ${nameOf(row)} ${kernel.padEnd(26)} ${time}  ${expected}`);
  if (!ok) console.log(`    seen: ${seen}`);
}
const good = results.filter(({ ok }) => ok).length;
const unverified = results.filter((result) => result.unverified).length;
console.log(`${good} of ${planned.length} as expected, ${unverified} handed over unverified`);
process.exit(good === planned.length && unverified === 0 ? 0 : 1);
