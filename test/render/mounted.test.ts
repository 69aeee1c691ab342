/**
 * What is compared with what the kernel says of its mounts, in stage 1 and in the full initrd: each text runs in dash and
 * busybox on a made-up /proc and /sys, sound first, then with one thing that is not as it should be.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import type { PlatformConfig } from '../../src/config/validate.ts';
import { planBoot } from '../../src/plan/plan.ts';
import { ownProgramPath, renderFullInitrdFiles } from '../../src/render/full-initrd.ts';
import { renderStep } from '../../src/render/step-text.ts';
import { configure } from '../config/platform-files.ts';
import { below } from './below.ts';
import { runProgram, shells } from './shells.ts';

const work = mkdtempSync(join(tmpdir(), 'bootrelay-test-'));
afterAll(() => rmSync(work, { recursive: true }));

const image = '/usr/lib/bootrelay/initrd.img';
const rootHash = 'ab12'.repeat(16);
const sectors = 2048;

/** A line of mountinfo: proc_pid_mountinfo(5). */
interface Mount {
  readonly number: string;
  readonly place: string;
  readonly point: string;
  readonly options: string;
  readonly tags: string;
  readonly type: string;
  readonly source: string;
}

/** A loop device as /sys has it. */
interface Loop {
  readonly file?: string;
  readonly offset?: string;
  readonly limit?: string;
}

/** What the kernel says, and what stage 1 handed over. `members` are those of each mounted btrfs. */
interface Machine {
  readonly mounts: readonly Mount[];
  readonly mappings: Readonly<Record<string, string>>;
  readonly numbers: Readonly<Record<string, string>>;
  readonly members: readonly (readonly string[])[];
  readonly loops: Readonly<Record<string, Loop>>;
  readonly handOver: Readonly<Record<string, string>> | undefined;
  readonly dmTable: string;
  readonly dmStatus: string;
  /** What of device-mapper cannot be asked, though it may have printed something. */
  readonly dmFails: 'table' | 'status' | undefined;
}

type Change = (machine: Machine) => Machine;

/** Changes the mount at a point. */
const mounted =
  (point: string, change: Partial<Mount>): Change =>
  (machine) => ({
    ...machine,
    mounts: machine.mounts.map((mount) => (mount.point === point ? { ...mount, ...change } : mount)),
  });

const usr = (change: Partial<Mount>) => mounted('/sysusr/usr', change);

/** Mounts once more what is mounted at a point, or takes it away. */
const again =
  (point: string, change: Partial<Mount> = {}): Change =>
  (machine) => {
    const found = machine.mounts.filter((mount) => mount.point === point);
    return { ...machine, mounts: [...machine.mounts, ...found.map((mount) => ({ ...mount, ...change }))] };
  };
const without =
  (point: string): Change =>
  (machine) => ({ ...machine, mounts: machine.mounts.filter((mount) => mount.point !== point) });

const change =
  (part: Partial<Machine>): Change =>
  (machine) => ({ ...machine, ...part });
const loop = (part: Loop) => change({ loops: { '7:0': { ...soundLoop, ...part } } });

const handedOver =
  (part: Readonly<Record<string, string>>): Change =>
  (machine) => ({ ...machine, handOver: { ...machine.handOver, ...part } });
const table = (text: string) => change({ dmTable: text });

const soundLoop: Loop = { file: `ROOT/sysusr${image}`, offset: '0', limit: '0' };
const verityTable = (start: number, length: number, type = 'verity', hash = rootHash) =>
  `${start} ${length} ${type} 1 254:1 254:1 4096 4096 256 257 sha256 ${hash} 00ff 1 panic_on_corruption`;

/** A platform of each kind, and what its sound machine has. */
interface Kind {
  readonly settings: readonly string[];
  readonly change?: Change;
}

const kinds = {
  erofs: { settings: [] },
  btrfs: {
    settings: ['Usr.FileSystem=btrfs', 'Usr.Options=subvol=/@usr'],
    change: usr({ type: 'btrfs', place: '/@usr', number: '0:35' }),
  },
  unverified: {
    settings: ['Verity.Verity=no', 'Usr.FileSystem=ext4'],
    change: usr({ type: 'ext4', source: 'ROOT/dev/vda1', number: '254:1' }),
  },
  'unverified btrfs': {
    settings: ['Verity.Verity=no', 'Usr.FileSystem=btrfs'],
    change: (machine) => ({
      ...usr({ type: 'btrfs', source: 'ROOT/dev/vda1', number: '0:35' })(machine),
      members: [['vda1']],
    }),
  },
  'erofs of a list': { settings: ['Usr.FileSystem=btrfs erofs', 'Usr.Options=subvol=/@usr'] },
  'btrfs of a list': {
    settings: ['Usr.FileSystem=erofs btrfs xfs', 'Usr.Options=subvol=/@usr'],
    change: usr({ type: 'btrfs', place: '/@usr', number: '0:35' }),
  },
  'the whole image': { settings: ['FullInitrd.Writable=no', 'FullInitrd.FileSystem=squashfs'] },
  'Source=usr': { settings: ['FullInitrd.Source=usr'] },
} as const satisfies Record<string, Kind>;

type KindName = keyof typeof kinds;

/** The machine in stage 1, or in the full initrd, before anything is wrong. */
function soundMachine(name: KindName): Machine {
  const { change: ofKind = (machine: Machine) => machine }: Kind = kinds[name];
  const whole = name === 'the whole image';
  const mount = { number: '253:0', place: '/', options: 'ro,relatime', tags: '' };
  return ofKind({
    mounts: [
      { ...mount, number: '0:2', point: '/', options: 'rw', type: 'rootfs', source: 'rootfs' },
      { ...mount, point: '/sysusr/usr', type: 'erofs', source: 'ROOT/dev/mapper/usr' },
      {
        ...mount,
        number: '7:0',
        point: whole ? '/full' : '/image',
        type: whole ? 'squashfs' : 'erofs',
        source: '/dev/loop0',
      },
      ...(name === 'Source=usr'
        ? [{ ...mount, point: '/usr', type: 'erofs', source: 'ROOT/dev/mapper/usr' }]
        : []),
    ],
    mappings: { 'dm-0': 'usr' },
    numbers: { 'dm-0': '253:0', vda1: '254:1' },
    members: [['dm-0']],
    loops: { '7:0': soundLoop },
    handOver: {
      PLATFORM: 'p',
      USR_DEVICE: 'ROOT/dev/vda1',
      VERITY_NAME: 'usr',
      ROOT_HASH: rootHash,
      IMAGE: image,
    },
    dmTable: verityTable(0, sectors),
    dmStatus: `0 ${sectors} verity V`,
    dmFails: undefined,
  });
}

/** The files of a machine; the path of ROOT is put in where they are written. */
function filesOf(machine: Machine): Readonly<Record<string, string>> {
  const lines = machine.mounts.map(
    ({ number, place, point, options, tags, type, source }, index) =>
      `${index + 20} 1 ${number} ${place} ${point === '/usr' ? '' : 'ROOT'}${point} ${options} ${tags}${tags && ' '}- ${type} ${source} ro`,
  );
  const loops = Object.entries(machine.loops).flatMap(([number, { file, offset, limit }], index) =>
    [`sys/dev/block/${number}/loop`, `sys/block/loop${index}/loop`].flatMap((directory) => [
      [`${directory}/backing_file`, file],
      [`${directory}/offset`, offset],
      [`${directory}/sizelimit`, limit],
    ]),
  );
  const found: readonly (readonly (string | undefined)[])[] = [
    ['proc/self/mountinfo', lines.join('\n')],
    ['dev/kmsg', ''],
    ['dev/console', ''],
    ['sysusr/usr/lib/bootrelay/initrd.img', ''],
    ...Object.entries(machine.mappings).flatMap(([node, name]) => [
      [`sys/block/${node}/dm/name`, name],
      [`sys/class/block/${node}/dm/name`, name],
    ]),
    ...Object.entries(machine.numbers).flatMap(([node, number]) => [
      [`sys/class/block/${node}/dev`, number],
      [`sys/class/block/${node}/size`, String(sectors)],
      ...(node.startsWith('dm-') ? [[`sys/block/${node}/dev`, number]] : []),
    ]),
    ...machine.members.flatMap((members, index) =>
      members.map((member) => [`sys/fs/btrfs/uuid-${index}/devices/${member}`, '']),
    ),
    ...loops,
    [
      'run/bootrelay/handover',
      machine.handOver &&
        Object.entries(machine.handOver)
          .map(([key, value]) => `${key}=${value}`)
          .join('\n'),
    ],
  ];
  return Object.fromEntries(
    found.flatMap(([path, text]) => (path === undefined || text === undefined ? [] : [[path, `${text}\n`]])),
  );
}

function makeMachine(root: string, machine: Machine): void {
  rmSync(root, { recursive: true, force: true });
  for (const [path, text] of Object.entries(filesOf(machine))) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text.replaceAll('ROOT/', `${root}/`));
  }
}

const configOf = (name: KindName) =>
  configure('Platform.Name=p', `Verity.RootHash=${rootHash}`, ...settingsOf(name));
/** A root hash without verity would be a contradiction. */
const settingsOf = (name: KindName) =>
  name.startsWith('unverified')
    ? [...kinds[name].settings, 'Verity.RootHash=', 'Verity.OnCorruption=']
    : kinds[name].settings;

/** What both steps of stage 1 do, up to the overlay, with programs that do nothing. */
function stage1Text(config: PlatformConfig, found = 'erofs'): string {
  const plan = planBoot(config, ['p.ini']);
  const steps = plan.steps.filter(({ name }) => ['check-mounted-usr', 'mount-full-initrd'].includes(name));
  return [
    'set -u',
    'stop() { printf "%s: %s\\n" "$1" "$2"; exit 1; }',
    'step() { :; }',
    'umount() { :; }',
    'mkdir() { :; }',
    'mount() { printf "mount %s\\n" "$2"; }',
    `usr_partition=/dev/vda1 image=${image} tmpfs_size=50% usr_file_system=${found}`,
    ...steps.map((step) => renderStep(step, plan)),
    'printf "passed %s\\n" "$image"',
  ].join('\n');
}

/** What tells the table and status of the verity device: dmsetup, or bootrelay's own program where that is. */
type Teller = 'dmsetup' | 'dm-create';

/** What a teller does, called by a word for each of the two. */
const answerOf = ({ dmTable, dmStatus, dmFails }: Machine, prefix: string): string =>
  [
    'case $1:$2 in',
    `${prefix}table:usr) printf '%s\\n' '${dmTable}'; ${dmFails === 'table' ? 'return 1' : ''} ;;`,
    `${prefix}status:usr) printf '%s\\n' '${dmStatus}'; ${dmFails === 'status' ? 'return 1' : ''} ;;`,
    '*) return 2 ;;',
    'esac',
  ].join('\n');

/** The check of the full initrd; the teller says what the machine says, and the other one is wrong. */
function checkUsrText(config: PlatformConfig, machine: Machine, teller: Teller, root: string): string {
  const plan = planBoot(config, ['p.ini']);
  const { text } = renderFullInitrdFiles(config, plan).check;
  const fakes = [
    'export PATH=/usr/sbin:/usr/bin:/sbin:/bin',
    'sleep() { :; }',
    `dmsetup() { ${teller === 'dmsetup' ? answerOf(machine, '') : 'return 3'}\n}`,
  ].join('\n');
  if (teller === 'dm-create') {
    const program = `#!/bin/sh\ntell() {\n${answerOf(machine, '--')}\n}\nwhile [ $# -gt 0 ]; do tell "$1" "$2" || exit; shift 2; done\n`;
    mkdirSync(dirname(join(root, ownProgramPath)), { recursive: true });
    writeFileSync(join(root, ownProgramPath), program, { mode: 0o755 });
  }
  return text
    .replace(/^export PATH=.*$/m, () => fakes)
    .replaceAll(ownProgramPath, () => join(root, ownProgramPath));
}

/** A name, the change, what is said of it; a `passes` has no words. */
type Row = readonly [what: string, change: Change, says: string];

const passes = 'passed';
const notVerified = (text: string) => `usr-not-as-verified: ${text}`;
const notImage = (text: string) => `image-not-as-verified: ${text}`;

const ofSource: readonly Row[] = [
  ['another source', usr({ source: '/dev/sda1' }), notVerified('/sysusr/usr is mounted from /dev/sda1')],
  [
    'a source with white space',
    usr({ source: 'ROOT/dev/mapper/usr\\040x' }),
    notVerified('/sysusr/usr is mounted from /dev/mapper/usr\\040x'),
  ],
  [
    'a source of the same last name',
    usr({ source: '/mnt/dm-0' }),
    notVerified('/sysusr/usr is mounted from /mnt/dm-0'),
  ],
];

const ofMount: readonly Row[] = [
  ['tags before the dash', usr({ tags: 'shared:1 master:2' }), passes],
  ['more tags', usr({ tags: 'shared:1 master:2 propagate_from:3 unbindable' }), passes],
  ['no other option', usr({ options: 'ro' }), passes],
  ['a longer mount point', again('/sysusr/usr', { point: '/sysusr/usr\\040(deleted)' }), passes],
  ['writable', usr({ options: 'rw,relatime' }), notVerified('/sysusr/usr is writable')],
  ['an option that begins as ro', usr({ options: 'rw,rox' }), notVerified('/sysusr/usr is writable')],
  ['a first option that begins as ro', usr({ options: 'rox,rw' }), notVerified('/sysusr/usr is writable')],
];

const ofNumber: readonly Row[] = [
  [
    'another device number',
    usr({ number: '254:16' }),
    notVerified('/sysusr/usr is device 254:16, not 253:0'),
  ],
  [
    'a device number that goes on',
    usr({ number: '253:01' }),
    notVerified('/sysusr/usr is device 253:01, not 253:0'),
  ],
];

const ofRoot: readonly Row[] = [
  ['a directory of it', usr({ place: '/lib' }), notVerified('/sysusr/usr is erofs, /lib of it')],
  ['a root with white space', usr({ place: '/\\040' }), notVerified('/sysusr/usr is erofs, /\\040 of it')],
];

/** Only stage 1 knows the file system: a full initrd serves any slot. */
const ofType: readonly Row[] = [
  ...ofRoot,
  ['another type', usr({ type: 'tmpfs' }), notVerified('/sysusr/usr is tmpfs, / of it')],
  ['a type that begins the same', usr({ type: 'erofs.x' }), notVerified('/sysusr/usr is erofs.x, / of it')],
];

const ofSubvolume: readonly Row[] = [
  ['the whole file system', usr({ place: '/' }), notVerified('/sysusr/usr is btrfs, / of it')],
  ['another subvolume', usr({ place: '/@usr/old' }), notVerified('/sysusr/usr is btrfs, /@usr/old of it')],
  [
    'a subvolume with white space',
    usr({ place: '/@usr\\040' }),
    notVerified('/sysusr/usr is btrfs, /@usr\\040 of it'),
  ],
];

const twiceOrNot = 'not exactly one mount at /sysusr/usr, or another one below it';
const ofCountInStage1: readonly Row[] = [
  ['mounted twice', again('/sysusr/usr'), notVerified(twiceOrNot)],
  [
    'mounted over',
    again('/sysusr/usr', { type: 'tmpfs', number: '0:40', source: 'tmpfs' }),
    notVerified(twiceOrNot),
  ],
  ['not mounted', without('/sysusr/usr'), notVerified(twiceOrNot)],
  ['mounted at a point with white space', usr({ point: '/sysusr/usr\\040' }), notVerified(twiceOrNot)],
  ['no mounts at all', change({ mounts: [] }), notVerified(twiceOrNot)],
];

const ofMapping: readonly Row[] = [
  ['the source by its node', usr({ source: 'ROOT/dev/dm-0' }), passes],
  [
    'the verity device is another node',
    (machine) => ({
      ...usr({ number: '253:1', source: 'ROOT/dev/dm-1' })(machine),
      mappings: { 'dm-0': 'other', 'dm-1': 'usr' },
      numbers: { 'dm-0': '253:0', 'dm-1': '253:1' },
    }),
    passes,
  ],
  [
    'the node of another mapping',
    (machine) => ({
      ...usr({ source: 'ROOT/dev/dm-0' })(machine),
      mappings: { 'dm-0': 'other', 'dm-1': 'usr' },
      numbers: { 'dm-0': '253:0', 'dm-1': '253:1' },
    }),
    notVerified('/sysusr/usr is mounted from /dev/dm-0'),
  ],
  [
    'no mapping of that name',
    change({ mappings: { 'dm-0': 'other' } }),
    notVerified('the verity device is not there'),
  ],
  ['no mapping', change({ mappings: {} }), notVerified('the verity device is not there')],
  ['no number', change({ numbers: {} }), notVerified('the kernel does not tell the number of dm-0')],
];

const ofMembersInStage1: readonly Row[] = [
  ['a second member', change({ members: [['dm-0', 'vdb1']] }), notVerified('/sysusr/usr reads vdb1')],
  [
    'a member that begins the same',
    change({ members: [['dm-0', 'dm-01']] }),
    notVerified('/sysusr/usr reads dm-01'),
  ],
  ['another member', change({ members: [['vdb1']] }), notVerified('/sysusr/usr reads vdb1')],
  ['another btrfs', change({ members: [['dm-0'], ['vdb1']] }), notVerified('/sysusr/usr reads vdb1')],
  ['no members', change({ members: [] }), notVerified('/sysusr/usr reads *')],
];

/** Without verity: the partition itself. */
const ofPartitionInStage1: readonly Row[] = [
  [
    'another source',
    usr({ source: '/dev/vdb1' }),
    notVerified('/sysusr/usr is mounted from /dev/vdb1, not /dev/vda1'),
  ],
  ['no such device', change({ numbers: {} }), notVerified('the kernel does not know /dev/vda1')],
];
const ofPartitionNumber: readonly Row[] = [
  [
    'another device number',
    usr({ number: '254:17' }),
    notVerified('/sysusr/usr is device 254:17, not 254:1'),
  ],
];

const imageTwice = notImage('the image is not mounted, or more than once');
const ofImage = (point: string, type: string): readonly Row[] => [
  ['tags of the image', mounted(point, { tags: 'shared:1 master:2' }), passes],
  ['the image is not mounted', without(point), imageTwice],
  ['the image is mounted twice', again(point), imageTwice],
  [
    'no loop device',
    mounted(point, { number: '0:41', source: 'tmpfs' }),
    notImage('the image is mounted from tmpfs, no loop device'),
  ],
  [
    'another loop device, which is none',
    mounted(point, { number: '7:1', source: '/dev/loop1' }),
    notImage('the image is mounted from /dev/loop1, no loop device'),
  ],
  [
    'a loop device without an offset',
    change({ loops: { '7:0': { file: soundLoop.file ?? '', limit: '0' } } }),
    notImage('the kernel does not tell where /dev/loop0 begins'),
  ],
  [
    'a loop device without a limit',
    change({ loops: { '7:0': { file: soundLoop.file ?? '', offset: '0' } } }),
    notImage('the kernel does not tell where /dev/loop0 ends'),
  ],
  [
    'a file elsewhere',
    loop({ file: '/run/initrd.img' }),
    notImage('the image is /run/initrd.img, which is not below /usr'),
  ],
  [
    'a file beside /usr',
    loop({ file: 'ROOT/sysusr/usr2/initrd.img' }),
    notImage('the image is /sysusr/usr2/initrd.img, which is not below /usr'),
  ],
  [
    'an offset',
    loop({ offset: '4096' }),
    notImage(`the image is mounted as ${type}, / of /sysusr${image} from byte 4096 to 0`),
  ],
  [
    'a limit',
    loop({ limit: '8192' }),
    notImage(`the image is mounted as ${type}, / of /sysusr${image} from byte 0 to 8192`),
  ],
  [
    'another type of image',
    mounted(point, { type: 'ext4' }),
    notImage(`the image is mounted as ext4, / of /sysusr${image} from byte 0 to 0`),
  ],
  [
    'a directory of the image',
    mounted(point, { place: '/lib' }),
    notImage(`the image is mounted as ${type}, /lib of /sysusr${image} from byte 0 to 0`),
  ],
  [
    'the loop device of another mount',
    (machine) => ({ ...machine, loops: { '7:0': { ...soundLoop, offset: '512' }, '7:1': soundLoop } }),
    notImage(`the image is mounted as ${type}, / of /sysusr${image} from byte 512 to 0`),
  ],
];

const otherType = (type: string, found: string) => notVerified(`/sysusr/usr is ${type}, not ${found}`);

const stage1: Readonly<Record<Exclude<KindName, 'Source=usr'>, readonly Row[]>> = {
  'erofs of a list': [
    ...ofSource,
    ...ofNumber,
    ...ofRoot,
    ['another type', usr({ type: 'tmpfs' }), otherType('tmpfs', 'erofs')],
    ['a type that begins the same', usr({ type: 'erofs.x' }), otherType('erofs.x', 'erofs')],
    [
      'another of the list',
      usr({ type: 'btrfs', place: '/@usr', number: '0:35' }),
      otherType('btrfs', 'erofs'),
    ],
    ['the root of another', usr({ place: '/@usr' }), notVerified('/sysusr/usr is erofs, /@usr of it')],
  ],
  'btrfs of a list': [
    ...ofSubvolume,
    ...ofMembersInStage1,
    ['the root of others', usr({ place: '/' }), notVerified('/sysusr/usr is btrfs, / of it')],
    ['another of the list', usr({ type: 'erofs', place: '/', number: '253:0' }), otherType('erofs', 'btrfs')],
  ],
  erofs: [
    ...ofSource,
    ...ofMount,
    ...ofNumber,
    ...ofType,
    ...ofCountInStage1,
    ...ofMapping,
    ...ofImage('/image', 'erofs'),
  ],
  btrfs: [
    ...ofSource,
    ...ofMount,
    ...ofSubvolume,
    ['another type', usr({ type: 'erofs' }), notVerified('/sysusr/usr is erofs, /@usr of it')],
    ...ofMembersInStage1,
  ],
  unverified: [...ofMount, ...ofCountInStage1, ...ofPartitionInStage1, ...ofPartitionNumber],
  'unverified btrfs': [
    ...ofPartitionInStage1,
    ['another member', change({ members: [['vdb1']] }), notVerified('/sysusr/usr reads vdb1')],
  ],
  'the whole image': ofImage('/full', 'squashfs'),
};

const ofHandOver: readonly Row[] = [
  [
    'no hand-over',
    change({ handOver: undefined }),
    'hand-over-missing: stage 1 left no /run/bootrelay/handover',
  ],
  [
    'another verity device',
    handedOver({ VERITY_NAME: 'usr2' }),
    "hand-over-missing: the hand-over names the verity device 'usr2'",
  ],
  ['no root hash', handedOver({ ROOT_HASH: '' }), 'hand-over-missing: the hand-over has no root hash'],
  ['the root hash in capitals', handedOver({ ROOT_HASH: rootHash.toUpperCase() }), passes],
];

const ofCount: readonly Row[] = [
  ['mounted twice', again('/sysusr/usr'), notVerified('/sysusr/usr is mounted 2 times, not once')],
  [
    'mounted three times',
    (machine) => again('/sysusr/usr', { type: 'tmpfs' })(again('/sysusr/usr')(machine)),
    notVerified('/sysusr/usr is mounted 4 times, not once'),
  ],
  ['not mounted', without('/sysusr/usr'), notVerified('/sysusr/usr is mounted 0 times, not once')],
  [
    'mounted at a point with white space',
    usr({ point: '/sysusr/usr\\040' }),
    notVerified('/sysusr/usr is mounted 0 times, not once'),
  ],
];

const otherHash = 'cd34'.repeat(16);
const ofTable: readonly Row[] = [
  ['no mapping', change({ mappings: {} }), notVerified('there is no verity device')],
  [
    'no mapping of that name',
    change({ mappings: { 'dm-0': 'usr2' } }),
    notVerified('there is no verity device'),
  ],
  [
    'a mapping of the name with white space',
    change({ mappings: { 'dm-0': 'usr ' } }),
    notVerified('there is no verity device'),
  ],
  [
    'two mappings whose names begin a line alike',
    change({ mappings: { 'dm-0': 'usr', 'dm-1': 'usr\nx' } }),
    notVerified('dm-0 and dm-1 have the name of the verity device'),
  ],
  [
    'the node of another mapping',
    (machine) => ({
      ...usr({ source: 'ROOT/dev/dm-0' })(machine),
      mappings: { 'dm-0': 'other', 'dm-1': 'usr' },
      numbers: { 'dm-0': '253:0', 'dm-1': '253:1' },
    }),
    notVerified('/sysusr/usr is mounted from /dev/dm-0'),
  ],
  [
    'a table that may not be whole',
    change({ dmFails: 'table' }),
    notVerified('the table and the status of the verity device cannot be read'),
  ],
  [
    'a status that may not be whole',
    change({ dmFails: 'status' }),
    notVerified('the table and the status of the verity device cannot be read'),
  ],
  ['the source by its node', usr({ source: 'ROOT/dev/dm-0' }), passes],
  [
    'two targets',
    table(`${verityTable(0, 1024)}\n1024 1024 linear 254:16 0`),
    notVerified('the verity device has more than one target'),
  ],
  [
    'two targets, the first one to the end',
    table(`${verityTable(0, sectors)}\n${sectors} 8 linear 254:16 0`),
    notVerified('the verity device has more than one target'),
  ],
  [
    'no verity target',
    table(verityTable(0, sectors, 'linear')),
    notVerified('the device of that name is not a verity device'),
  ],
  ['an empty table', table(''), notVerified('the device of that name is not a verity device')],
  [
    'it ends before the device',
    table(verityTable(0, sectors - 8)),
    notVerified('verity covers 2040 sectors from 0 on, the device has 2048'),
  ],
  [
    'it begins behind the start',
    table(verityTable(8, sectors)),
    notVerified('verity covers 2048 sectors from 8 on, the device has 2048'),
  ],
  [
    'the device has no number',
    change({ numbers: { vda1: '254:1' } }),
    notVerified('the kernel does not tell the number of dm-0'),
  ],
  [
    'another root hash',
    table(verityTable(0, sectors, 'verity', otherHash)),
    notVerified(`the root hash is ${otherHash}, not ${rootHash}`),
  ],
  [
    'another root hash handed over',
    handedOver({ ROOT_HASH: otherHash }),
    notVerified(`the root hash is ${rootHash}, not ${otherHash}`),
  ],
  [
    'the root hash cut off',
    handedOver({ ROOT_HASH: rootHash.slice(1) }),
    notVerified(`the root hash is ${rootHash}, not ${rootHash.slice(1)}`),
  ],
  ['no root hash in the table', table(`0 ${sectors} verity`), notVerified('the root hash is , not')],
  ['a pattern in the table', table(verityTable(0, sectors).replace('254:1', '*')), passes],
  [
    'corrupted',
    change({ dmStatus: `0 ${sectors} verity C` }),
    notVerified('the kernel calls the verity device corrupted'),
  ],
  ['no status', change({ dmStatus: '' }), notVerified('the kernel calls the verity device corrupted')],
];

const ofMembers: readonly Row[] = [
  ['another btrfs beside it', change({ members: [['dm-0'], ['vdb1', 'vdc1']] }), passes],
  ['a second member', change({ members: [['dm-0', 'vdb1']] }), notVerified('/sysusr/usr reads dm-0 vdb1')],
  [
    'a second member of another btrfs',
    change({ members: [['vdc1'], ['dm-0', 'vdb1']] }),
    notVerified('/sysusr/usr reads dm-0 vdb1'),
  ],
  [
    'a btrfs of another device',
    change({ members: [['vdb1']] }),
    notVerified('/sysusr/usr is device 0:35, not 253:0'),
  ],
  [
    'a btrfs of a device that begins the same',
    change({ members: [['dm-01']] }),
    notVerified('/sysusr/usr is device 0:35, not 253:0'),
  ],
  ['no btrfs', change({ members: [] }), notVerified('/sysusr/usr is device 0:35, not 253:0')],
];

const noLoop = notImage(`no loop device reads ${image}`);
const ofLoop: readonly Row[] = [
  ['the file once its mount is detached', loop({ file: image.slice('/usr'.length) }), passes],
  ['another file', loop({ file: '/run/initrd.img' }), noLoop],
  ['a file whose name goes on', loop({ file: `ROOT/sysusr${image}.old` }), noLoop],
  ['no loop device', change({ loops: {} }), noLoop],
  ['an offset', loop({ offset: '4096' }), notImage('the image is read from byte 4096 on, up to 0')],
  ['a limit', loop({ limit: '512' }), notImage('the image is read from byte 0 on, up to 512')],
  [
    'a second loop device with a part of it',
    change({ loops: { '7:0': soundLoop, '7:1': { ...soundLoop, limit: '512' } } }),
    notImage('the image is read from byte 0 on, up to 512'),
  ],
  [
    'a second loop device with another file',
    change({ loops: { '7:0': { ...soundLoop, file: '/var/x.img', offset: '1' }, '7:1': soundLoop } }),
    passes,
  ],
  ['a hand-over without an image', handedOver({ IMAGE: '' }), notImage('no loop device reads ')],
];

const fullInitrd: Readonly<Record<Exclude<KindName, 'the whole image'>, readonly Row[]>> = {
  // It serves each of the list, and no other.
  'erofs of a list': [
    ...ofType,
    ...ofNumber,
    ['another of the list', usr({ type: 'btrfs', place: '/@usr', number: '0:35' }), passes],
    ['the root of another', usr({ place: '/@usr' }), notVerified('/sysusr/usr is erofs, /@usr of it')],
  ],
  'btrfs of a list': [
    ...ofSubvolume,
    ...ofMembers,
    ['the root of others', usr({ place: '/' }), notVerified('/sysusr/usr is btrfs, / of it')],
  ],
  erofs: [
    ...ofHandOver,
    ...ofSource,
    ...ofMount,
    ...ofNumber,
    ...ofRoot,
    ...ofCount,
    ...ofTable,
    ...ofLoop,
    ['ro is not the first option', usr({ options: 'nosuid,ro' }), passes],
  ],
  btrfs: [...ofSource, ...ofMount, ...ofSubvolume, ...ofCount, ...ofMembers, ...ofTable.slice(0, 3)],
  unverified: [
    ...ofMount,
    ...ofCount,
    ...ofPartitionInStage1.slice(0, 1),
    ...ofPartitionNumber,
    ...ofLoop,
    ['no such device', change({ numbers: {} }), notVerified('/sysusr/usr is device 254:1, not ')],
  ],
  'unverified btrfs': [
    ...ofPartitionInStage1.slice(0, 1),
    ['another member', change({ members: [['vda1', 'vdb1']] }), notVerified('/sysusr/usr reads vda1 vdb1')],
    ['another btrfs', change({ members: [['vdb1']] }), notVerified('/sysusr/usr is device 0:35, not 254:1')],
  ],
  'Source=usr': [
    ...ofHandOver,
    ...ofSource,
    ...ofMount,
    ...ofRoot,
    ...ofTable,
    [
      'another /usr of the full initrd',
      mounted('/usr', { number: '254:16' }),
      notVerified('the /usr of the full initrd is 254:16:/, mounted 1 times'),
    ],
    [
      'no /usr of the full initrd',
      without('/usr'),
      notVerified('the /usr of the full initrd is , mounted 0 times'),
    ],
    [
      'both /usr are another device',
      (machine) => usr({ number: '254:16' })(mounted('/usr', { number: '254:16' })(machine)),
      notVerified('/sysusr/usr is device 254:16, not 253:0'),
    ],
  ],
};

/** The full initrd's /bin/sh may be bash. */
const shellsOfFullInitrd = [...shells, ['bash', ['bash', '--posix']] as const];

/** Every kind with its rows, the sound machine first. */
const cases = (rows: Readonly<Partial<Record<KindName, readonly Row[]>>>) =>
  Object.entries(rows).flatMap(([kind, ofKind]) => [
    [kind as KindName, 'sound', (machine: Machine) => machine, passes] as const,
    ...ofKind.map(([what, wrong, says]) => [kind as KindName, what, wrong, says] as const),
  ]);

describe.each(shells)('%s', (shellName, shell) => {
  const root = join(work, shellName);

  test.each(cases(stage1))('stage 1, %s: %s', (kind, _what, wrong, says) => {
    const machine = wrong(soundMachine(kind));
    makeMachine(root, machine);
    writeFileSync(
      join(root, 'script'),
      below(root, stage1Text(configOf(kind), kind === 'btrfs of a list' ? 'btrfs' : 'erofs')),
    );
    const { stdout } = runProgram([...shell, join(root, 'script')]);
    const lines = stdout.replaceAll(root, '').trimEnd().split('\n');
    const refused = says !== passes;
    expect(lines.at(-1)).toBe(refused ? says : `passed ${image}`);
    // What was refused is not used.
    if (refused) expect(lines.filter((line) => /^mount (overlay|tmpfs)$/.test(line))).toEqual([]);
  });

  test('stage 1: behind a link the image is the file that the loop device reads', () => {
    makeMachine(root, loop({ file: 'ROOT/sysusr/usr/lib/real.img' })(soundMachine('erofs')));
    writeFileSync(join(root, 'script'), below(root, stage1Text(configOf('erofs'))));
    const { stdout } = runProgram([...shell, join(root, 'script')]);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('passed /usr/lib/real.img');
  });
});

describe.each(shellsOfFullInitrd)('%s', (shellName, shell) => {
  const root = join(work, shellName);

  const told = [
    ...cases(fullInitrd).map((row) => ['dmsetup', ...row] as const),
    ...cases({ erofs: ofTable }).map((row) => ['dm-create', ...row] as const),
  ];
  test.each(told)('full initrd with %s, %s: %s', (teller, kind, _what, wrong, says) => {
    const machine = wrong(soundMachine(kind));
    makeMachine(root, machine);
    const text = checkUsrText(configOf(kind), machine, teller, root);
    writeFileSync(join(root, 'script'), below(root, text));
    const { status } = runProgram([...shell, join(root, 'script')]);
    const log = readFileSync(join(root, 'dev/kmsg'), 'utf8').replaceAll(root, '');
    const [first = ''] = log.split('\n');
    const refused = says !== passes;
    expect({ status, first }).toEqual({
      status: refused ? 1 : 0,
      first: expect.stringContaining(refused ? `check-usr failed: ${says}` : 'check-usr'),
    });
  });
});
