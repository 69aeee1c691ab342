/** A full initrd that does not come to the system: what is done is what the platform says, and no shell is open. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { boot, type TestBoot } from './boots.ts';

/** A root file system that is not there, for which systemd waits a short time. */
const withoutRoot =
  'root=PARTUUID=00000000-0000-4000-8000-000000000000 rd.timeout=4 rd.retry=4 systemd.default_device_timeout_sec=4';

const ways: readonly (readonly [string, Omit<TestBoot, 'usr' | 'goal'>])[] = [
  ["the system's own /usr", { full: 'usr' }],
  ["the system's own /usr, systemd", { full: 'usr', form: 'systemd' }],
  // Packed for the smallest platform: a restart after ten seconds.
  ["dracut's, with what pack adds", { full: 'dracut', image: 'squashfs' }],
];

async function console(options: Omit<TestBoot, 'usr' | 'goal'>) {
  const { log, ...result } = await boot({
    ...{ machine: 'uml-new', usr: 'erofs', goal: 'multi-user', timeout: 150 },
    ...options,
  });
  return { ...result, text: readFileSync(log, 'latin1') };
}

const emergency = /^full-initrd failed: full-initrd-emergency: failed units: /;
const shell = /sulogin|maintenance|root account is locked|:\/# |Enter for a shell/;

test.each(ways)('%s: without a root file system the action follows, and no shell', async (_, way) => {
  const answers = [{ to: /full-initrd-emergency: .* in \d+.* s/, text: '\n\necho $((1234 * 5678))\n' }];
  const { text, seen, ended, unanswered } = await console({ ...way, append: withoutRoot, answers });
  expect(seen.checked).toMatch(/with root hash/);
  expect(seen.failure).toMatch(emergency);
  expect(unanswered).toBe(0);
  expect(text).not.toMatch(shell);
  expect(text).not.toMatch(/7006652/);
  expect(ended).toBe('exit');
});

test('who asks for the emergency or rescue mode on the kernel command line gets the action', async () => {
  const { text, seen, ended } = await console({ full: 'usr', append: 'rd.emergency' });
  expect(seen.failure).toMatch(emergency);
  expect(text).not.toMatch(shell);
  expect(ended).toBe('exit');
});

test('with Shell=always Enter opens one, and the action follows when it ends', async () => {
  const settings = ['Emergency.Shell=always', 'Emergency.Delay=5s', 'Emergency.Action=poweroff'];
  const answers = [
    { to: /poweroff in 5 s, Enter for a shell/, text: '\n' },
    { to: /# $/, text: 'echo "here $((1234 * 5678))"; exit\n' },
  ];
  const { text, unanswered, ended } = await console({
    full: 'usr',
    append: 'rd.emergency',
    settings,
    answers,
  });
  expect(unanswered).toBe(0);
  expect(text).toMatch(/here 7006652/);
  expect(ended).toBe('exit');
});
