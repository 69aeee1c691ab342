import { describe, expect, test } from '@jest/globals';
import { createLineReader } from '../../src/boot/console.ts';
import { formatTimeline, nothingSeen, type Observation, observe, reached } from '../../src/boot/timeline.ts';
import { judge } from '../../src/boot/verdict.ts';
import { configure } from '../config/platform-files.ts';

/** Lines as a serial console gives them: control sequences, status texts without a line end, carriage returns. */
const bootLog = [
  '[    2.900412] Run /init as init process\r',
  '[    3.141753] bootrelay: mount-kernel-filesystems\r',
  '[    3.996866] bootrelay: looking for PARTLABEL=USR-A, up to 90 s\r',
  '[    4.040758] bootrelay: set-up-verity\r',
  '[    6.362000] bootrelay: switch-root\r',
  '\u001b[!p\u001b]104\u0007\u001b[?7h[    8.471887] systemd[1]: systemd 257.13-1~deb13u1 running in system mode (+PAM)\r',
  '[\u001b[0;32m  OK  \u001b[0m] Finished \u001b[0;1;39mdracut-cmdline-ask.service\u001b[0m.\r[   12.165680] bootrelay: check-usr: /sysusr/usr is /dev/mapper/usr with root hash ab\r',
  '[   12.170000] bootrelay: check-usr, PID 1 is /usr/lib/systemd/systemd from /lib/bootrelay/initrd.img\r',
  '[   30.753000] systemd[1]: Switching root.\r',
  '\u001b[!p[   33.410829] systemd[1]: systemd 257.13-1~deb13u1 running in system mode (+PAM)\r',
  '[   57.258000] bootrelay-report: mount /usr erofs /dev/mapper/usr ro,relatime 253:0 /\r',
  '[   57.259000] bootrelay-report: end\r',
];

function seen(lines: readonly string[]): Observation {
  const reader = createLineReader();
  return reader
    .push(new TextEncoder().encode(lines.map((line) => `${line}\n`).join('')))
    .reduce(observe, nothingSeen);
}

test('a console log becomes a timeline', () => {
  expect(formatTimeline(seen(bootLog).milestones)).toBe(
    [
      '   begins       takes   stage    step',
      '    2.900 s    0.241 s  kernel   init',
      '    3.142 s    0.899 s  stage 1  mount-kernel-filesystems',
      '    4.041 s    2.321 s  stage 1  set-up-verity',
      '    6.362 s    2.110 s  stage 1  switch-root',
      '    8.472 s    3.694 s  stage 2  systemd',
      '   12.166 s   18.587 s  stage 2  check-usr',
      '   30.753 s    2.658 s  stage 2  switch-to-system',
      '   33.411 s   23.847 s  system   systemd',
      '   57.258 s             system   multi-user',
      '',
    ].join('\n'),
  );
});

/** The same with systemd as PID 1 of the minimal initrd: it speaks, mounts and switches three times. */
const systemdLog = [
  '[    4.700000] Run /init as init process',
  '[    5.000000] systemd[1]: systemd 257.13-1~deb13u1 running in system mode (+PAM)',
  '[    5.900000] bootrelay: read-kernel-command-line',
  '[    8.300000] systemd[1]: Mounting sysusr-usr.mount - bootrelay: mount-usr...',
  '[    8.900000] bootrelay: switch-root',
  '[    9.400000] systemd[1]: Switching root.',
  '[   10.400000] systemd[1]: systemd 257.13-1~deb13u1 running in system mode (+PAM)',
  '[   12.600000] bootrelay: check-usr: /sysusr/usr is /dev/mapper/usr with root hash ab',
  '[   28.000000] systemd[1]: Switching root.',
  '[   29.000000] systemd[1]: systemd 257.13-1~deb13u1 running in system mode (+PAM)',
];

test('systemd in all three stages is told apart', () => {
  const { milestones } = seen(systemdLog);
  expect(milestones.map(({ stage, name }) => `${stage}: ${name}`)).toEqual([
    'kernel: init',
    'stage 1: systemd',
    'stage 1: read-kernel-command-line',
    'stage 1: mount-usr',
    'stage 1: switch-root',
    'stage 1: enter-full-initrd',
    'stage 2: systemd',
    'stage 2: check-usr',
    'stage 2: switch-to-system',
    'system: systemd',
  ]);
  expect(reached(seen(systemdLog.slice(0, 6)), 'hand-over')).toBe(false);
  expect(reached(seen(systemdLog.slice(0, 7)), 'hand-over')).toBe(true);
});

test('lines arrive whole however the bytes are cut', () => {
  const bytes = new TextEncoder().encode(bootLog.map((line) => `${line}\n`).join(''));
  for (const size of [1, 7, 64]) {
    const reader = createLineReader();
    let observation = nothingSeen;
    for (let start = 0; start < bytes.length; start += size) {
      for (const line of reader.push(bytes.slice(start, start + size)))
        observation = observe(observation, line);
    }
    expect(observation).toEqual(seen(bootLog));
  }
});

test.each([
  ['hand-over', 4, false],
  ['hand-over', 5, false],
  ['hand-over', 6, true],
  ['stage-2', 6, false],
  ['stage-2', 7, true],
  ['multi-user', 11, false],
  ['multi-user', 12, true],
] as const)('%s with %d lines: %j', (goal, lines, expected) => {
  expect(reached(seen(bootLog.slice(0, lines)), goal)).toBe(expected);
});

describe('verdicts', () => {
  const config = configure();
  const rootHash = 'ab'.repeat(32);
  const expected = { config, goal: 'multi-user' as const, rootHash };

  test('silence is no success', () => {
    expect(judge(nothingSeen, expected, 'exit')).toMatchObject({
      ok: false,
      summary: 'the machine ended before multi-user; the kernel did not reach /init',
    });
    expect(judge(seen(bootLog.slice(0, 5)), expected, 'timeout').summary).toMatch(
      /no end within the time limit/,
    );
  });

  test('a reason of stage 1 is told with the last step', () => {
    const lines = [
      ...bootLog.slice(0, 4),
      '[    4.1] bootrelay: set-up-verity failed: the root hash x does not match\r',
    ];
    expect(judge(seen(lines), expected, 'goal').summary).toBe(
      'stopped: set-up-verity failed: the root hash x does not match; the last step was set-up-verity at 4.041 s',
    );
  });

  test('a panic is told with what verity said before it', () => {
    const lines = [
      ...bootLog.slice(0, 4),
      '[    4.100000] device-mapper: verity: 254:1: data block 7 is corrupted\r',
      '[    4.200000] Kernel panic - not syncing: dm-verity device corrupted\r',
    ];
    expect(judge(seen(lines), expected, 'exit').summary).toMatch(
      /kernel panic: dm-verity device corrupted \(.*data block 7/,
    );
  });

  const goodReport = [
    'mount /usr erofs /dev/mapper/usr ro,relatime 253:0 /',
    `dm-table usr 0 8 verity 1 254:1 254:1 4096 4096 1 2 sha256 ${rootHash} - 1 panic_on_corruption`,
    'dm-status usr 0 8 verity V',
    'handover PLATFORM=test',
    `handover ROOT_HASH=${rootHash}`,
    'journal 3141753 bootrelay: mount-kernel-filesystems',
    'journal 4040758 bootrelay: set-up-verity',
    // In the order in which they arrived, which need not be that of their time.
    'journal 8471887 systemd: systemd 257.13 running in system mode (+PAM)',
    'journal 6362000 bootrelay: switch-root',
    'journal 12165680 bootrelay: check-usr: /sysusr/usr is /dev/mapper/usr with root hash ab',
    'journal 30753000 systemd: Switching root.',
    'journal 33410829 systemd: systemd 257.13 running in system mode (+PAM)',
  ];
  const report = (lines: readonly string[]) =>
    judge(
      seen([
        ...bootLog.slice(0, 10),
        ...[...lines, 'end'].map((line) => `[   57.258000] bootrelay-report: ${line}\r`),
      ]),
      expected,
      'goal',
    );

  test('a report that shows everything is a success', () => {
    expect(report(goodReport)).toMatchObject({ ok: true });
  });

  test.each([
    ['a writable /usr', 0, 'mount /usr erofs /dev/mapper/usr rw 253:0 /', 'read-only'],
    ['/usr beside the device', 0, 'mount /usr erofs /dev/vda1 ro 254:1 /', 'dm-verity'],
    [
      'another root hash',
      1,
      `dm-table usr 0 8 verity 1 1 1 4096 4096 1 2 sha256 ${'cd'.repeat(32)} -`,
      'dm-verity',
    ],
    ['a corrupted device', 2, 'dm-status usr 0 8 verity C', 'valid'],
    ['no hand-over', 3, 'handover PLATFORM=other', 'handover'],
    ['a step that the journal does not tell of', 6, 'journal 1 bootrelay: other', 'one story'],
    ['a mount left', 3, 'mount /image erofs /dev/loop0 ro 7:0 /', 'no mount'],
    ['a unit of stage 1 left', 3, 'own-unit bootrelay-switch-root.service active', 'no unit of stage 1'],
    ['a failed unit', 3, 'failed-unit x.service', 'unit failed'],
    ['a loop device left', 3, 'loop /usr/lib/bootrelay/initrd.img', 'loop device'],
  ])('%s is not', (_, index, line, part) => {
    const verdict = report(goodReport.map((good, at) => (at === index ? line : good)));
    expect(verdict.ok).toBe(false);
    expect(verdict.summary).toContain(part);
  });
});

test('a reason may have any character in it', () => {
  const strange = "find-usr-partition failed: device-name-unsupported: a device named '\u2028'";
  expect(seen([`[    1.000000] bootrelay: ${strange}\r`]).failure).toBe(strange);
});
