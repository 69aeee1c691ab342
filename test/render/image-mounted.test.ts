/**
 * What is compared with what the kernel says of an image on a partition, in stage 1 and in the full initrd: each text runs
 * in dash and busybox on a made-up /proc and /sys, sound first, then with one thing that is not as it should be.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { planBoot } from '../../src/plan/plan.ts';
import { renderFullInitrdFiles } from '../../src/render/full-initrd.ts';
import { renderStep } from '../../src/render/step-text.ts';
import { configure } from '../config/platform-files.ts';
import { below } from './below.ts';
import { runProgram, shells } from './shells.ts';

const work = mkdtempSync(join(tmpdir(), 'bootrelay-test-'));
afterAll(() => rmSync(work, { recursive: true }));

const rootHash = 'ab12'.repeat(16);
const platform = [
  ...['FullInitrd.Host=partition', 'FullInitrd.HostDevice=LABEL=ESP', 'Verity.Name=image'],
  ...[`Verity.RootHash=${rootHash}`, 'Verity.Tool=dmsetup'],
];

/** What the kernel says; lines of mountinfo without their numbers, and the root of the machine is ROOT. */
interface Machine {
  readonly image: readonly string[];
  readonly root: string;
  readonly name: string | undefined;
  readonly second?: string;
  readonly table: string;
  readonly status: string;
  readonly handOver: readonly string[] | undefined;
}

const sound: Machine = {
  image: ['253:0 / ROOT/image ro,relatime - erofs ROOT/dev/mapper/image ro'],
  root: '0:30 / / rw,relatime - overlay overlay rw,lowerdir=ROOT/image,upperdir=/overlay/upper,workdir=/overlay/work',
  name: 'image',
  table: `0 2048 verity 1 7:0 7:0 4096 4096 256 257 sha256 ${rootHash} 00ff 1 panic_on_corruption`,
  status: '0 2048 verity V',
  handOver: ['VERITY_NAME=image', `ROOT_HASH=${rootHash}`],
};

function makeMachine(root: string, machine: Machine): void {
  const { image, name, second, handOver } = machine;
  const mounts = [machine.root, ...image].map((line, index) => `${index + 20} 1 ${line}\n`).join('');
  const files: Readonly<Record<string, string | undefined>> = {
    'proc/self/mountinfo': mounts.replaceAll('ROOT/', `${root}/`),
    'sys/block/dm-0/dm/name': name,
    'sys/class/block/dm-0/dm/name': name,
    'sys/block/dm-0/dev': '253:0',
    'sys/class/block/dm-0/dev': '253:0',
    'sys/class/block/dm-0/size': '2048',
    'sys/class/block/dm-1/dm/name': second,
    'run/bootrelay/handover': handOver?.join('\n'),
    'dev/kmsg': '',
    'dev/console': '',
  };
  rmSync(root, { recursive: true, force: true });
  for (const directory of ['full', 'sys/block', 'sys/class/block', 'run/bootrelay'])
    mkdirSync(join(root, directory), { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    if (text === undefined) continue;
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `${text}\n`);
  }
}

type Row = readonly [what: string, settings: readonly string[], change: Partial<Machine>, says: string];

const notImage = (text: string) => `image-not-as-verified: ${text}`;
const image = (line: string) => ({ image: [line] });

const stage1: readonly Row[] = [
  ['sound', [], {}, 'passed'],
  ['by its node', [], image('253:0 / ROOT/image ro - erofs ROOT/dev/dm-0 ro'), 'passed'],
  ['tags', [], image('253:0 / ROOT/image ro shared:1 master:2 - erofs ROOT/dev/mapper/image ro'), 'passed'],
  ['not mounted', [], { image: [] }, notImage('the image is not mounted, or more than once')],
  [
    'twice',
    [],
    { image: [...sound.image, ...sound.image] },
    notImage('the image is not mounted, or more than once'),
  ],
  [
    'another device',
    [],
    image('7:0 / ROOT/image ro - erofs ROOT/dev/mapper/image ro'),
    notImage('the image is device 7:0, not 253:0'),
  ],
  [
    'another source',
    [],
    image('253:0 / ROOT/image ro - erofs /dev/loop0 ro'),
    notImage('the image is mounted from /dev/loop0'),
  ],
  [
    'a directory of it',
    [],
    image('253:0 /lib ROOT/image ro - erofs ROOT/dev/mapper/image ro'),
    notImage('the image is mounted as erofs, /lib of it'),
  ],
  [
    'another type',
    [],
    image('253:0 / ROOT/image ro - squashfs ROOT/dev/mapper/image ro'),
    notImage('the image is mounted as squashfs, / of it'),
  ],
  [
    'writable',
    [],
    image('253:0 / ROOT/image rw - erofs ROOT/dev/mapper/image ro'),
    notImage('the image is writable'),
  ],
  ['no verity device', [], { name: undefined }, notImage('the verity device is not there')],
  ['of another name', [], { name: 'image2' }, notImage('the verity device is not there')],
];

const readOnly = ['FullInitrd.Writable=no', 'FullInitrd.CarryOver='];
const ofImage = { root: '253:0 / / ro - erofs ROOT/dev/mapper/image ro' };
const inMemory = ['FullInitrd.Unpack=yes'];

const fullInitrd: readonly Row[] = [
  ['sound', [], {}, `the image is /dev/dm-0 with root hash ${rootHash}`],
  ['without an overlay', readOnly, ofImage, `the image is /dev/dm-0 with root hash ${rootHash}`],
  [
    'in memory',
    inMemory,
    { root: '0:9 / / rw - tmpfs tmpfs rw' },
    `the image was image with root hash ${rootHash}`,
  ],
  ['no hand-over', [], { handOver: undefined }, 'hand-over-missing: stage 1 left no'],
  [
    'a hand-over of another platform',
    [],
    { handOver: ['USR_DEVICE=x'] },
    'hand-over-missing: the hand-over names',
  ],
  [
    'a hand-over without a root hash',
    [],
    { handOver: ['VERITY_NAME=image'] },
    'hand-over-missing: the hand-over has no',
  ],
  ['no verity device', [], { name: undefined }, notImage('there is no verity device')],
  ['two of the name', [], { second: 'image' }, notImage('dm-0 and dm-1 have the name')],
  [
    'a root of other layers',
    [],
    { root: '0:30 / / rw - overlay overlay rw,lowerdir=/mnt,upperdir=/overlay/upper' },
    notImage('the root is overlay'),
  ],
  ['no overlay', [], { root: '0:30 / / rw - tmpfs tmpfs rw' }, notImage('the root is tmpfs')],
  [
    'another device',
    readOnly,
    { root: '7:0 / / ro - erofs x ro' },
    notImage('the root is device 7:0, not 253:0'),
  ],
  ['no copy in memory', inMemory, {}, notImage('the root is overlay, not the copy')],
  [
    'another root hash',
    [],
    { table: sound.table.replace(rootHash, 'cd'.repeat(32)) },
    notImage(`the root hash is ${'cd'.repeat(32)}, not ${rootHash}`),
  ],
  [
    'no verity target',
    [],
    { table: '0 2048 linear 7:0 0' },
    notImage('the device of that name is not a verity device'),
  ],
  [
    'a shorter target',
    [],
    { table: sound.table.replace('2048', '1024') },
    notImage('verity covers 1024 sectors'),
  ],
  ['corrupted', [], { status: '0 2048 verity C' }, notImage('the kernel calls the verity device corrupted')],
];

describe.each(shells)('%s', (name, shell) => {
  const root = join(work, name);

  test.each(stage1)('stage 1: %s', (_, settings, change, says) => {
    makeMachine(root, { ...sound, ...change });
    const plan = planBoot(configure(...platform, ...settings), []);
    const step = plan.steps.find((one) => one.name === 'mount-full-initrd');
    if (!step) throw new Error('no such step');
    const text = [
      'set -u',
      'stop() { printf "%s: %s\\n" "$1" "$2"; exit 1; }',
      'step() { :; }; umount() { :; }; mkdir() { :; }; mount() { :; }',
      'tmpfs_size=50%',
      renderStep(step, plan),
      'echo passed',
    ].join('\n');
    const { stdout } = runProgram([...shell, '-c', below(root, text)]);
    expect(stdout.replaceAll(`${root}/`, '/').split('\n')[0]).toContain(says);
  });

  test.each(fullInitrd)('full initrd: %s', (_, settings, change, says) => {
    const machine = { ...sound, ...change };
    makeMachine(root, machine);
    const config = configure(...platform, ...settings);
    const { text } = renderFullInitrdFiles(config, planBoot(config, [])).check;
    const fakes = [
      'sleep() { :; }',
      `dmsetup() { case $1 in table) echo '${machine.table}' ;; status) echo '${machine.status}' ;; esac; }`,
    ].join('\n');
    const own = text.replace(/^export PATH=.*$/m, () => fakes);
    const written = below(root, own).replaceAll(`> ${root}/dev/kmsg`, `>> ${root}/said`);
    runProgram([...shell, '-c', `${written.replaceAll('/proc/1/', `${root}/proc/1/`)}`]);
    const said = runProgram(['cat', `${root}/said`]).stdout.replaceAll(`${root}/`, '/');
    expect(said).toContain(says);
  });
});
