/** `npm run faults`: what the matrix of faults showed, as a table. Exit code 1 where a boot did not end as expected. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
const lab = process.env.BOOTRELAY_LAB || join(cache, 'bootrelay/lab');
const rows = ['shell', 'systemd'].flatMap((form) =>
  JSON.parse(readFileSync(join(lab, 'shared', `faults-${form}.json`), 'utf8')),
);

for (const { fault, form, expected, seen, seconds, ok } of rows) {
  const line = [
    ok ? 'ok ' : 'NOT',
    fault.padEnd(26),
    form.padEnd(8),
    expected.padEnd(56),
    `${seconds.toFixed(1)} s`,
  ];
  console.log(line.join(' '));
  if (!ok) console.log(`    seen: ${seen}`);
}
const listed = JSON.parse(
  execFileSync('node', ['dist/cli.js', 'faults', '--json'], { encoding: 'utf8' }),
).faults;
for (const { name } of listed)
  for (const form of ['shell', 'systemd'])
    if (!rows.some((row) => row.fault === name && row.form === form))
      console.log(`NOT ${name} ${form}: did not run`);
const all = listed.length * 2;
const good = rows.filter(({ ok }) => ok).length;
const unverified = rows.filter(({ unverified }) => unverified).length;
console.log(`${good} of ${all} as expected, ${unverified} handed over unverified`);
process.exit(good === all ? 0 : 1);
