import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { Fault } from '../../src/boot/faults/fault.ts';
import { faults } from '../../src/boot/faults/faults.ts';
import { boot, makeExtraCpio, type TestBoot } from './boots.ts';

const wrongHash = 'ab'.repeat(32);

/** One block of the full-initrd image on the disk is overwritten: its first, which holds the image's superblock. */
const corruptImage = faults['image-block'] as Fault;

type Failing = Omit<TestBoot, 'full' | 'goal' | 'image'> & { readonly reason: RegExp; readonly step: string };

const failing: readonly (readonly [string, Failing])[] = [
  [
    'a wrong root hash, veritysetup',
    {
      usr: 'erofs',
      append: `usrhash=${wrongHash}`,
      settings: ['Verity.Tool=veritysetup', 'Emergency.Action=poweroff'],
      step: 'set-up-verity',
      reason: /^set-up-verity failed: verity-root-hash-mismatch: the root hash .* does not match/,
    },
  ],
  [
    'one corrupted block in the full-initrd image, errors instead of panics',
    {
      usr: 'btrfs',
      fault: corruptImage,
      settings: ['Verity.OnCorruption=error'],
      step: 'mount-full-initrd',
      reason: /^mount-full-initrd failed: image-unmountable: cannot mount \/usr\/lib\/bootrelay/,
    },
  ],
  [
    'no image, halted by a panic',
    {
      usr: 'erofs',
      settings: ['FullInitrd.Image=/usr/lib/none.img', 'Emergency.Action=panic'],
      step: 'mount-full-initrd',
      reason: /^mount-full-initrd failed: image-missing: there is no \/usr\/lib\/none\.img/,
    },
  ],
];

const both = (['shell', 'systemd'] as const).flatMap((form) =>
  failing.map(([name, way]) => [form, name, way] as const),
);

test.each(both)(
  '%s: %s stops the boot with its reason, and hands nothing over',
  async (form, _, { reason, step, ...way }) => {
    const options = { machine: 'uml-new', full: 'probe', goal: 'hand-over', image: 'erofs', form } as const;
    const { seen, verdict, ended } = await boot({ ...options, ...way });
    expect(verdict.ok).toBe(false);
    expect(seen.failure).toMatch(reason);
    expect(seen.milestones.at(-1)?.name).toBe(step);
    expect(seen.milestones.map(({ name }) => name)).not.toContain('switch-root');
    // The emergency action itself ended the machine.
    expect(ended).toBe('exit');
  },
);

test.each([
  ['find-usr-partition', 'set-panic-timeout'],
  ['switch-root', 'check-mounted-usr'],
  ['enter-full-initrd', 'switch-root'],
])('systemd: without the script %s the boot ends with a reason that names %s', async (script, step) => {
  // A program that cannot be run replaces it, so that the unit fails without a word of its own.
  const extraCpio = await makeExtraCpio({ [`/usr/lib/bootrelay/${script}`]: '' });
  const options = {
    machine: 'uml-new',
    full: 'probe',
    goal: 'hand-over',
    image: 'erofs',
    usr: 'erofs',
    form: 'systemd',
  } as const;
  const { seen, verdict, ended } = await boot({ ...options, extraCpio });
  expect(verdict.ok).toBe(false);
  expect(seen.failure).toBe(`${step} failed: unit-failed: its unit failed, or took too long`);
  expect(seen.milestones.filter(({ stage }) => stage === 'stage 2')).toEqual([]);
  expect(ended).toBe('exit');
});

test.each(['shell', 'systemd'] as const)(
  '%s: an initrd that does not fit into memory gives nobody a shell',
  async (form) => {
    // Without root= the initrd is in a tmpfs of half of the memory (init/do_mounts.c): the kernel unpacks as much as fits, cannot
    // start /init, and looks for others, /bin/sh at last.
    const fault: Fault = {
      what: '',
      memory: 200,
      commandLine: (sound) => sound.replace(/root=.* rw/, ''),
      expected: { kernel: 'kernel panic: No working init found' },
    };
    const settings = [
      'Initrd.ExtraFiles=/usr/lib/x86_64-linux-gnu',
      'Initrd.Compression=gzip',
      'Initrd.CompressionLevel=1',
    ];
    const options = {
      full: 'probe',
      goal: 'hand-over',
      image: 'erofs',
      usr: 'erofs',
      form,
      settings,
    } as const;
    const { seen, ended, log } = await boot({ ...options, fault });
    const text = readFileSync(log, 'latin1');
    expect(text).toMatch(/Initramfs unpacking failed: write error/);
    expect(text).toMatch(/Run \/bin\/sh as init process/);
    expect(text).not.toContain('built-in shell');
    expect(seen.failure).toMatch(/^kernel panic: No working init found/);
    expect(ended).toBe('exit');
  },
);
