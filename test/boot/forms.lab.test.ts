import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { boot, makeExtraCpio, reported, type TestBoot } from './boots.ts';

type Way = Omit<TestBoot, 'full' | 'goal' | 'form'>;

/** What differs between the forms, by the table in docs/boot.md: its patterns are between backticks. */
const listed = [...sectionOfDocs('What differs between the two forms').matchAll(/`([^`]+)`/g)].map(
  ([, pattern]) => pattern ?? '',
);

function sectionOfDocs(title: string): string {
  const text = readFileSync(new URL('../../docs/boot.md', import.meta.url), 'utf8');
  return text.split(/^## /m).find((section) => section.startsWith(title)) ?? '';
}

/** A listed difference names a path; with /** at its end, all below it too. */
function isListed(item: string): boolean {
  return listed.some((pattern) =>
    pattern.endsWith('/**') ? `${item}/`.startsWith(pattern.slice(0, -2)) : item === pattern,
  );
}

/** All that the full initrd finds, as lines that can be compared. */
async function handOver(form: 'shell' | 'systemd', way: Way): Promise<readonly string[]> {
  const result = await boot({ full: 'probe', goal: 'multi-user', form, ...way });
  expect(result.seen).toMatchObject({ reportEnded: true });
  const console = readFileSync(result.log, 'latin1').replaceAll('\r', '');
  const said = [...console.matchAll(/\] bootrelay: (.*)$/gm)].map(([, text]) => `log ${text}`);
  const of = (key: string) => reported(result, key);
  return [
    ...of('mount').map((mount) => `mount ${mount.replace(/ \d+:\d+ /, ' ')}`),
    ...['dm-table', 'dm-status', 'loop', 'path', 'process', 'root', 'writable'].flatMap((key) =>
      of(key).map((value) => `${key} ${value}`),
    ),
    ...of('handover').map((line) => `handover ${line.replace(/^UPTIMES=.*/, 'UPTIMES')}`),
    // Two steps that do not use one another begin in any order.
    ...said.sort(),
  ];
}

/** What an item of the comparison is about: a path, or the item itself. */
function subject(item: string): string {
  return /^(?:mount|path) (\S+)/.exec(item)?.[1] ?? item;
}

describe.each<readonly [string, Way]>([
  ['erofs image, /usr on erofs, bound', { image: 'erofs', usr: 'erofs' }],
  [
    'squashfs image, /usr on btrfs, moved, a hash partition of its own, dmsetup',
    {
      image: 'squashfs',
      usr: 'btrfs',
      builtIn: true,
      settings: ['Usr.HandOver=move', 'Verity.HashDevice=PARTLABEL=USR-A-HASH', 'Verity.Tool=dmsetup'],
    },
  ],
])('%s', (_, way) => {
  test('the full initrd finds the same, whatever the form of stage 1, but for what docs/boot.md lists', async () => {
    const [shell, systemd] = [await handOver('shell', way), await handOver('systemd', way)];
    const differences = [
      ...shell.filter((item) => !systemd.includes(item)).map((item) => ['only with shell', item] as const),
      ...systemd.filter((item) => !shell.includes(item)).map((item) => ['only with systemd', item] as const),
    ];
    expect(differences.filter(([, item]) => !isListed(subject(item)))).toEqual([]);
    expect(shell.filter((item) => item.startsWith('mount /sysusr/usr '))).toHaveLength(1);
  });
});

test.each<readonly [string, Way, RegExp]>([
  [
    'mount options from the command line reach the mount unit',
    { image: 'erofs', usr: 'btrfs', append: 'mount.usrflags=noatime' },
    /^\/sysusr\/usr btrfs \/dev\/mapper\/usr ro,noatime/,
  ],
  [
    'without verity the mount unit finds the partition',
    {
      image: 'erofs',
      usr: 'erofs',
      settings: ['Verity.Verity=no', 'Verity.RootHash=', 'Verity.OnCorruption='],
    },
    /^\/sysusr\/usr erofs \/dev\/vda1 ro/,
  ],
])('systemd: %s', async (_, way, mount) => {
  const result = await boot({ full: 'probe', goal: 'multi-user', form: 'systemd', ...way });
  expect(reported(result, 'mount')).toContainEqual(expect.stringMatching(mount));
});

/** Files for the full initrd, carried over by stage 1: a unit that lists all units that systemd knows then. */
const lister = {
  '/etc/systemd/system/sysinit.target.d/lab.conf': '[Unit]\nWants=lab-units.service\n',
  '/etc/systemd/system/lab-units.service': `[Unit]
DefaultDependencies=no
After=bootrelay-check-usr.service
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'systemctl list-units --all --plain --no-legend --full | while read -r line; do echo "<6>lab-unit: $$line" > /dev/kmsg; done'
`,
};

test('no unit of stage 1 goes on in the full initrd', async () => {
  const extraCpio = await makeExtraCpio(lister);
  const result = await boot({
    full: 'dracut',
    goal: 'multi-user',
    form: 'systemd',
    image: 'squashfs',
    usr: 'btrfs',
    extraCpio,
    settings: ['Usr.HandOver=move', ...Object.keys(lister).map((path) => `FullInitrd.CarryOver=${path}`)],
  });
  expect(result.verdict.facts.filter(({ ok }) => !ok)).toEqual([]);
  const units = [...readFileSync(result.log, 'latin1').matchAll(/lab-unit: (\S+) +(\S+) +(\S+)/g)];
  const active = units.filter(([, , , state]) => state === 'active').map(([, name]) => name);
  expect(active).toContain('bootrelay-check-usr.service');
  const ofStage1 = units
    .map(([, name]) => name ?? '')
    .filter((name) => /^(bootrelay-(?!check-usr)|image\.|overlay\.|full)/.test(name));
  expect(ofStage1).toEqual([]);
});
