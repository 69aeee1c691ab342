/** The console of a boot that fails, and breakpoints, with somebody at the keyboard. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { Fault } from '../../src/boot/faults/fault.ts';
import { boot, makeExtraCpio, type TestBoot } from './boots.ts';

const hash = spawnSync('openssl', ['passwd', '-6', 'the password'], { encoding: 'utf8' }).stdout.trim();
const probe = { machine: 'uml-new', full: 'probe', goal: 'hand-over', image: 'erofs', usr: 'erofs' } as const;
const wrongHash = { ...probe, append: `usrhash=${'ab'.repeat(32)}` };
const withPassword = [
  'Emergency.Shell=password',
  `Emergency.PasswordHash=${hash}`,
  'Emergency.Delay=5s',
  'Emergency.Action=poweroff',
];

/** busybox asks the terminal for its cursor behind the prompt. */
const prompt = /[~/] # .{0,4}$/;

/** Asks for the shell, then types wrong passwords. */
const enter = { to: /Enter for a shell/, text: '\n' };
const wrong = { to: /Password: /, text: 'wrong\n' };
const name = { to: / login: /, text: 'root\n' };

async function console(options: TestBoot) {
  const { log, ...result } = await boot(options);
  // Every prompt was there to be answered.
  expect(result.unanswered).toBe(0);
  return { ...result, text: readFileSync(log, 'latin1') };
}

test.each([
  // This machine has a serial port, the other one has none.
  ['shell', 'qemu'],
  ['systemd', 'uml-new'],
] as const)('%s, %s: the console counts down, and a password opens a shell', async (form, machine) => {
  const answers = [
    enter,
    wrong,
    name,
    { to: /Password: /, text: 'the password\n' },
    { to: prompt, text: 'echo "shell of $(id -u) is $((1234 * 5678))"; exit\n' },
  ];
  const { text, ended, seen } = await console({
    ...wrongHash,
    form,
    machine,
    settings: withPassword,
    answers,
  });
  expect(seen.failure).toMatch(/^set-up-verity failed: verity-root-hash-mismatch/);
  expect(text).toMatch(/poweroff in 5 s, Enter for a shell/);
  expect(text).toMatch(/Login incorrect/);
  expect(text).toMatch(/shell of 0 is 7006652/);
  expect(ended).toBe('exit');
});

test('three wrong passwords, and the action follows without a shell', async () => {
  const answers = [enter, wrong, name, wrong, name, wrong];
  const { text, ended } = await console({ ...wrongHash, settings: withPassword, answers });
  expect(text.match(/Login incorrect|invalid password/g)?.length).toBeGreaterThanOrEqual(2);
  expect(text).not.toMatch(/built-in shell|# $/);
  expect(ended).toBe('exit');
});

test.each(['shell', 'systemd'] as const)(
  '%s: nobody presses Enter, and the console counts down to the action',
  async (form) => {
    const settings = ['Emergency.Shell=always', 'Emergency.Delay=2500ms', 'Emergency.Action=poweroff'];
    const { text, ended } = await console({ ...wrongHash, form, settings });
    expect(text).toMatch(/poweroff in 2 s, Enter for a shell/);
    expect(text).toMatch(/poweroff in 1 s, Enter for a shell/);
    expect(ended).toBe('exit');
  },
);

test.each(['shell', 'systemd'] as const)('%s: without a shell, what is typed goes nowhere', async (form) => {
  const settings = ['Emergency.Delay=2s', 'Emergency.Action=poweroff'];
  const answers = [{ to: /poweroff in 2 s /, text: '\nroot\nid; echo $((1234 * 5678))\n' }];
  const { text, ended } = await console({ ...wrongHash, form, settings, answers });
  expect(text).not.toMatch(/7006652|uid=0|login:|Password/);
  expect(ended).toBe('exit');
});

test.each(['shell', 'systemd'] as const)(
  '%s: a breakpoint stops before its step, and the boot goes on behind it',
  async (form) => {
    const answers = [
      { to: prompt, text: 'echo "here $((1234 * 5678))"; exit\n' },
      { to: prompt, text: 'exit\n' },
    ];
    const { text, verdict } = await console({
      ...wrongHash,
      form,
      append: 'bootrelay.break=set-up-verity,hand-over-usr',
      settings: ['Emergency.Debug=yes'],
      answers,
    });
    expect(text).toMatch(/stopped before set-up-verity.*here 7006652.*stopped before hand-over-usr/s);
    expect(text).toMatch(/\+ bootrelay: /);
    expect(verdict).toMatchObject({ ok: true });
  },
);

/** Where the full initrd's root is to be there is a file, so that a late step fails; one command mends that. */
const withoutRoot = { full: 'in the way of the root of the full initrd' };
const mend = 'rm /full; mkdir /full';
const retry = ['Emergency.Shell=always', 'Emergency.AfterShell=retry', 'Emergency.Delay=5s'];

describe.each(['shell', 'systemd'] as const)('%s: retry', (form) => {
  test('the boot begins again when the shell is left, and goes on where the cause is gone', async () => {
    const { text, verdict, seen } = await console({
      ...probe,
      form,
      settings: retry,
      extraCpio: await makeExtraCpio(withoutRoot),
      answers: [
        enter,
        { to: prompt, text: 'echo "here $((1234 * 5678))"; exit\n' },
        enter,
        {
          to: prompt,
          text: `${mend}; mkdir /there; mount -t tmpfs none /there; cd /there; sleep 99 & exit\n`,
        },
      ],
    });
    expect(text.match(/mount-full-initrd failed: /g)?.length).toBeGreaterThanOrEqual(2);
    expect(text).toMatch(/here 7006652.*the boot begins again.*the boot begins again/s);
    expect(text).not.toMatch(/verity-device-refused|module-refused|retry-refused/);
    expect(seen.failure).toBeUndefined();
    expect(verdict).toMatchObject({ ok: true });
  });

  test('what cannot be undone is said, and the action follows', async () => {
    const { text, ended } = await console({
      ...wrongHash,
      form,
      settings: [...retry, 'Emergency.Delay=2s', 'Emergency.Action=poweroff'],
      answers: [enter, { to: prompt, text: 'mkdir "/a b"; mount -t tmpfs none "/a b"; exit\n' }],
    });
    expect(text).toMatch(/emergency failed: retry-refused: still in use: .*a\\040b/);
    expect(text).not.toMatch(/begins again/);
    expect(ended).toBe('exit');
  });

  test('the same checks are made again', async () => {
    const { text, ended, seen } = await console({
      ...wrongHash,
      form,
      settings: [...retry, 'Emergency.Delay=3s', 'Emergency.Action=poweroff'],
      answers: [
        enter,
        { to: prompt, text: 'exit\n' },
        enter,
        { to: prompt, text: 'exit\n' },
        { to: enter.to, text: '' },
      ],
    });
    expect(
      text.match(/bootrelay: set-up-verity failed: verity-root-hash-mismatch/g)?.length,
    ).toBeGreaterThanOrEqual(3);
    expect(seen.milestones.map(({ name: step }) => step)).not.toContain('mount-usr');
    expect(ended).toBe('exit');
  });
});

/** The hash of another password than that of the platform. */
const otherHash = spawnSync('openssl', ['passwd', '-5', 'another'], { encoding: 'utf8' }).stdout;
const credential = '.extra/credentials/passwd.hashed-password.root.cred';
const withCredential = [
  ...['Emergency.Shell=password', 'Emergency.PasswordCredential=passwd.hashed-password.root'],
  ...['Emergency.Delay=3s', 'Emergency.Action=poweroff'],
];

describe.each(['shell', 'systemd'] as const)('%s: a credential', (form) => {
  test('of the boot partition opens the shell, and takes the place of the password of the platform', async () => {
    const { text, ended } = await console({
      ...wrongHash,
      form,
      settings: [...withCredential, `Emergency.PasswordHash=${hash}`],
      extraCpio: await makeExtraCpio({ [credential]: otherHash }),
      answers: [
        enter,
        { to: /Password: /, text: 'the password\n' },
        name,
        { to: /Password: /, text: 'another\n' },
        { to: prompt, text: 'echo "shell of $(id -u) is $((1234 * 5678))"; exit\n' },
      ],
    });
    expect(text).toMatch(/Login incorrect.*shell of 0 is 7006652/s);
    expect(ended).toBe('exit');
  });

  test.each([
    ['no file', {}],
    ['an encrypted file', { [credential]: 'WhQZht+JQJax1aZemmGLxmAAAAABAAAADAAAABAAAABSpvf1\n' }],
    ['an empty password', { [credential]: '' }],
    ['a hash with another account behind it', { [credential]: `${otherHash}intruder::0:0::/:/bin/sh\n` }],
  ])('that is %s opens none', async (_, files) => {
    const { text, ended } = await console({
      ...wrongHash,
      form,
      settings: withCredential,
      extraCpio: await makeExtraCpio({ '.extra/note': 'of the boot loader', ...files }),
      answers: [{ to: /poweroff in 3 s/, text: '\n\n' }],
    });
    expect(text).not.toMatch(/Enter for a shell|Password|login:|built-in shell/);
    if (credential in files) expect(text).toMatch(/bootrelay: \S+cred is no hash of a password/);
    expect(ended).toBe('exit');
  });
});

/** The disk of the machine is plugged in once the boot has stopped. */
const diskLater = {
  what: 'the disk comes while somebody is in the shell',
  bus: 'virtio-scsi',
  settings: ['Modules.Modules=virtio_scsi', 'Modules.Modules=sd_mod', 'Devices.Timeout=2s'],
  disks: [{ plugged: { step: 'find-usr-partition', seconds: 12 } }],
  expected: { handOver: 'verified' },
} as const satisfies Fault;

test.each(['shell', 'systemd'] as const)('%s: a disk that comes late is found by the retry', async (form) => {
  const { text, verdict } = await console({
    ...probe,
    form,
    machine: 'qemu',
    settings: [...retry, 'Emergency.Delay=9s'],
    fault: diskLater,
    answers: [enter, { to: prompt, text: 'while ! [ -b /dev/sda1 ]; do sleep 1; done; exit\n' }],
  });
  expect(text).toMatch(/find-usr-partition failed: device-missing: .*the boot begins again/s);
  expect(verdict).toMatchObject({ ok: true });
});
