import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { boot, makeExtraCpio, reported, type TestBoot } from './boots.ts';

type Way = Omit<TestBoot, 'full' | 'goal' | 'form'>;

/** What differs between the forms, by the two tables in docs/boot.md: patterns between backticks. */
function listedDifferences(column: 'only with systemd' | 'only with shell'): readonly string[] {
  const text = readFileSync(new URL('../../docs/boot.md', import.meta.url), 'utf8');
  const section = text.split(/^## /m).find((part) => part.startsWith('What differs between the two forms'));
  const table = section?.split('\n\n').find((part) => part.startsWith(`| what | ${column} |`)) ?? '';
  return [...table.matchAll(/`([^`]+)`/g)].map(([, pattern]) => pattern ?? '');
}

/** A pattern names a path; with /** at its end, all below it too. */
function matches(pattern: string, item: string): boolean {
  return pattern.endsWith('/**') ? `${item}/`.startsWith(pattern.slice(0, -2)) : item === pattern;
}

/** Items of `left` that `right` does not have as often. */
function missing(left: readonly string[], right: readonly string[]): readonly string[] {
  const rest = [...right];
  return left.filter((item) => {
    const place = rest.indexOf(item);
    if (place >= 0) rest.splice(place, 1);
    return place < 0;
  });
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
    ...said,
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
    for (const [column, differences] of [
      ['only with shell', missing(shell, systemd)],
      ['only with systemd', missing(systemd, shell)],
    ] as const) {
      const patterns = listedDifferences(column);
      const subjects = differences.map(subject);
      const unlisted = subjects.filter((item) => !patterns.some((pattern) => matches(pattern, item)));
      expect({ column, unlisted }).toEqual({ column, unlisted: [] });
      const outdated = patterns.filter((pattern) => !subjects.some((item) => matches(pattern, item)));
      expect({ column, outdated }).toEqual({ column, outdated: [] });
    }
    for (const items of [shell, systemd]) {
      expect(items.filter((item) => item.startsWith('mount /sysusr/usr '))).toHaveLength(1);
    }
  });
});

test.each<readonly [string, Way, RegExp]>([
  [
    'mount options from the command line reach the mount unit',
    { image: 'erofs', usr: 'btrfs', append: 'mount.usrflags=noatime' },
    /^\/sysusr\/usr btrfs \/dev\/mapper\/usr ro,noatime/,
  ],
  [
    'parameters for the full initrd do not lead stage 1 astray',
    { image: 'erofs', usr: 'erofs', append: 'rd.systemd.unit=rescue.target rd.emergency' },
    /^\/sysusr\/usr erofs \/dev\/mapper\/usr ro/,
  ],
  [
    'systemd-veritysetup makes the verity device',
    { image: 'erofs', usr: 'erofs', settings: ['Verity.Tool=systemd-veritysetup'] },
    /^\/sysusr\/usr erofs \/dev\/mapper\/usr ro/,
  ],
  [
    'a read-only full initrd',
    { image: 'squashfs', usr: 'erofs', settings: ['FullInitrd.Writable=no', 'FullInitrd.CarryOver='] },
    /^\/ squashfs \/dev\/loop0 ro/,
  ],
  [
    'without verity the mount unit finds the partition',
    {
      image: 'erofs',
      usr: 'erofs',
      settings: ['Verity.Verity=no', 'Verity.RootHash=', 'Verity.OnCorruption='],
    },
    /^\/sysusr\/usr erofs \/dev\/ubda1 ro/,
  ],
])('systemd: %s', async (_, way, mount) => {
  const result = await boot({
    machine: 'uml-new',
    full: 'probe',
    goal: 'multi-user',
    form: 'systemd',
    ...way,
  });
  expect(reported(result, 'mount')).toContainEqual(expect.stringMatching(mount));
  const log = readFileSync(result.log, 'latin1');
  expect(log).toMatch(/Unmounted sysusr-usr\.mount/);
  // The journal waits for its first message: what the steps say goes into the kernel log.
  expect(log).not.toMatch(/systemd-journald\[\d+\]/);
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
