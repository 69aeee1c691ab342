/** What is read of a disk image that is given, and what of its boot is judged. */
import { crc32 } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { faults } from '../../src/boot/faults/faults.ts';
import { reasonAgainst } from '../../src/boot/image-faults.ts';
import { judgeImage } from '../../src/boot/image-verdict.ts';
import { commandLineStrings, reportCredentials } from '../../src/boot/report-credentials.ts';
import { nothingSeen, type Observation, observe } from '../../src/boot/timeline.ts';
import {
  builtInRootHash,
  discoverableRootHash,
  readRootHash,
  rootHashOnCommandLine,
} from '../../src/disk/given-root-hash.ts';
import { type GptPartition, readGpt } from '../../src/disk/gpt.ts';
import { slotWords, usrPartitionsOf } from '../../src/disk/slots.ts';
import { configure } from '../config/platform-files.ts';

/** A GPT with one partition, of 128 entries. */
function gptHead(change: (head: Buffer) => void = () => {}): Buffer {
  const head = Buffer.alloc(1024 * 1024);
  const entry = 1024;
  Buffer.from('8c008bfd5e0c4d4c9d2c4a5f6e7d8c9b', 'hex').copy(head, entry);
  Buffer.from('1a4e07b00000004080000000000000ff', 'hex').copy(head, entry + 16);
  head.writeBigUInt64LE(2048n, entry + 32);
  head.writeBigUInt64LE(4095n, entry + 40);
  head.write('USR-Ä', entry + 56, 'utf16le');
  head.write('EFI PART', 512, 'latin1');
  head.writeUInt32LE(92, 512 + 12);
  head.writeBigUInt64LE(8191n, 512 + 32);
  head.writeBigUInt64LE(2n, 512 + 72);
  head.writeUInt32LE(128, 512 + 80);
  head.writeUInt32LE(128, 512 + 84);
  head.writeUInt32LE(crc32(head.subarray(1024, 1024 + 128 * 128)), 512 + 88);
  head.writeUInt32LE(crc32(head.subarray(512, 512 + 92)), 512 + 16);
  change(head);
  return head;
}

test('a GPT is read with its labels and UUIDs, and where it ends', () => {
  expect(readGpt(gptHead())).toEqual({
    partitions: [
      {
        number: 1,
        type: 'fd8b008c-0c5e-4c4d-9d2c-4a5f6e7d8c9b',
        uuid: 'b0074e1a-0000-4000-8000-0000000000ff',
        label: 'USR-Ä',
        start: 2048 * 512,
        size: 2048 * 512,
      },
    ],
    end: 8192 * 512,
  });
});

test.each<[string, Buffer, RegExp]>([
  ['zeros', Buffer.alloc(1024 * 1024), /^it has no GPT$/],
  ['a boot sector', Buffer.alloc(1024).fill('\x55\xaa', 510, 512, 'latin1'), /older kind/],
  ['sectors of 4096 bytes', Buffer.alloc(8192).fill('EFI PART', 4096, 4104), /4096/],
  ['a header that was changed', gptHead((head) => head.fill(1, 560, 561)), /header .* checksum/],
  ['entries that were changed', gptHead((head) => head.fill(1, 1500, 1501)), /entries .* checksum/],
  ['a header of no size', gptHead((head) => head.fill(0, 524, 528)), /header of 0 bytes/],
])('no GPT: %s', (_, head, problem) => {
  expect(readGpt(head)).toEqual({ problem: expect.stringMatching(problem) });
});

const usrType = '8484680c-9521-48c6-9c11-b0720656f69e';
const hashType = '77ff5f63-e7b6-4633-acf4-1565b864c0e6';

function partition(number: number, label: string, type: string, uuid = `0000000${number}`): GptPartition {
  return { number, label, type, uuid, start: number * 2 ** 20, size: 2 ** 20 };
}

describe('slots', () => {
  const disk = [
    partition(1, 'USR-A', 'usr', '7130c94a'),
    partition(2, 'USR-B', 'usr', 'e03dd35c'),
    partition(3, 'HASH-A', 'hash'),
    partition(4, 'HASH-B', 'hash'),
    partition(5, 'first', 'other', '55'),
    partition(6, 'second', 'other', '66'),
  ];
  const words = (slot: 'A' | 'B', ...settings: readonly string[]) => {
    const config = configure('Modules.Modules=virtio_blk', ...settings);
    return slotWords(config, usrPartitionsOf(config, disk, slot));
  };

  test('by the letter in the label, for each device of the platform', () => {
    expect(words('B')).toEqual(['mount.usr=PARTLABEL=USR-B']);
    expect(words('A')).toEqual(['mount.usr=PARTLABEL=USR-A']);
    expect(words('B', 'Verity.HashDevice=PARTLABEL=HASH-A')).toEqual([
      'mount.usr=PARTLABEL=USR-B',
      'systemd.verity_usr_hash=PARTLABEL=HASH-B',
    ]);
  });

  test('named by UUID, as the platform names its own; else by the place among those of the same type', () => {
    expect(words('B', 'Usr.Device=PARTUUID=7130c94a')).toEqual(['mount.usr=PARTUUID=e03dd35c']);
    expect(words('B', 'Usr.Device=PARTUUID=55')).toEqual(['mount.usr=PARTUUID=66']);
  });

  test('what is not there is said with what there is, and what the platform refuses too', () => {
    expect(() => words('B', 'Usr.Device=PARTLABEL=sys-a')).toThrow(
      /no partition for slot B of PARTLABEL=sys-a: .*; it has 1 USR-A PARTUUID=7130c94a, 2 USR-B/,
    );
    expect(() => words('B', 'Usr.Device=LABEL=usr')).toThrow(/PARTLABEL= or PARTUUID= is required/);
    expect(() => words('B', 'KernelCommandLine.Override=no')).toThrow(/KernelCommandLine\.Override=yes/);
  });
});

describe('the root hash', () => {
  const [half, other] = ['01234567-89ab-cdef-0123-456789abcdef', 'fedcba98-7654-3210-fedc-ba9876543210'];
  const whole = '0123456789abcdef0123456789abcdeffedcba9876543210fedcba9876543210';
  const config = configure('Modules.Modules=virtio_blk');

  test('the UUIDs of /usr and of its hash tree are its halves', () => {
    const data = partition(1, 'usr', usrType, half);
    const hash = partition(2, 'usr-verity', hashType, other);
    expect(discoverableRootHash(config, [data, hash], undefined)).toBe(whole);
    const second = [partition(3, 'usr2', usrType, other), partition(4, 'usr2-verity', hashType, half)];
    expect(discoverableRootHash(config, [data, hash, ...second], data)).toBe(whole);
    // Which of two is meant, and what a hash tree belongs to, is not guessed.
    expect(discoverableRootHash(config, [data, hash, ...second], undefined)).toBeUndefined();
    expect(discoverableRootHash(config, [data, hash, ...second.slice(0, 1)], data)).toBeUndefined();
    expect(discoverableRootHash(config, [partition(1, 'usr', 'x', half), hash], undefined)).toBeUndefined();
  });

  test('is read from an option, a command line, the platform', () => {
    expect(readRootHash(whole.toUpperCase())).toBe(whole);
    expect(() => readRootHash('no-such-file')).toThrow('--root-hash no-such-file: there is no such file');
    expect(() => readRootHash(new URL(import.meta.url).pathname)).toThrow(
      /a root hash in hexadecimal is required/,
    );
    expect(rootHashOnCommandLine(config, `usrhash=ab x "usrhash=${whole}" y`)).toBe(whole);
    expect(rootHashOnCommandLine(config, 'roothash=ab')).toBeUndefined();
    expect(builtInRootHash(configure('Modules.Modules=virtio_blk', `Verity.RootHash=${whole}`))).toBe(whole);
    expect(builtInRootHash(config)).toBeUndefined();
  });
});

test('a fault that cannot be had with a given image says why, and the others can', () => {
  const reasons = (kernel: boolean) =>
    Object.entries(faults).filter(([, fault]) => !reasonAgainst(fault, { kernel, initrd: kernel }));
  const [direct, firmware] = [reasons(true), reasons(false)].map((list) => list.map(([name]) => name));
  expect(direct).toEqual(expect.arrayContaining(['usr-first-block', 'superblock-magic', 'root-hash-wrong']));
  expect(firmware).toEqual(expect.arrayContaining(['usr-first-block', 'superblock-magic', 'hash-tree-leaf']));
  expect(firmware).not.toContain('root-hash-wrong');
  for (const name of ['superblock-unreadable', 'usr-file-needed-later']) expect(direct).not.toContain(name);
});

test('the report goes into the machine as credentials, the command line as texts of the loaders', () => {
  const contents = reportCredentials().map((text) => {
    const [, name, content = ''] = /^io\.systemd\.credential\.binary:([a-z.-]+)=(.*)$/.exec(text) ?? [];
    return [name, Buffer.from(content, 'base64').toString()];
  });
  expect(contents).toEqual([
    ['bootrelay.report', expect.stringMatching(/^#!\/bin\/sh\n.*say end\npoweroff -f\n$/s)],
    [
      'systemd.extra-unit.bootrelay-report.service',
      expect.stringContaining('ExecStart=/bin/sh /run/credentials/@system/bootrelay.report\n'),
    ],
    ['systemd.unit-dropin.multi-user.target', '[Unit]\nWants=bootrelay-report.service\n'],
  ]);
  expect(commandLineStrings('a b')).toEqual([
    'io.systemd.stub.kernel-cmdline-extra=a b',
    'io.systemd.boot.kernel-cmdline-extra=a b',
  ]);
});

describe('the verdict', () => {
  const config = configure('Modules.Modules=virtio_blk', 'FullInitrd.Image=/usr/lib/full.img');
  const console = (...lines: readonly string[]) =>
    lines.reduce<Observation>((seen, text, index) => observe(seen, { uptime: index, text }), nothingSeen);
  const booted = [
    'Command line: usrhash=abcd console=ttyS0 more',
    'Run /init as init process',
    'bootrelay: switch-root',
    'systemd[1]: systemd 255 running in system mode (+PAM)',
    'bootrelay: check-usr: /sysusr/usr is /dev/mapper/usr with root hash abcd',
    'bootrelay: check-usr, PID 1 is /usr/lib/systemd/systemd from /lib/full.img',
    'systemd[1]: Switching root.',
    'systemd[1]: systemd 255 running in system mode (+PAM)',
    'systemd[1]: Reached target multi-user.target - Multi-User System.',
  ];
  const expected = { config, goal: 'multi-user', rootHash: 'abcd', asked: 'more', firmware: true } as const;

  test('without a report: what the console showed, and what could not be asked', () => {
    const verdict = judgeImage(console(...booted), expected, 'goal');
    expect(verdict.ok).toBe(true);
    expect(verdict.summary).toMatch(/the system did not report$/);
    expect(verdict.facts).toHaveLength(3);
    expect(verdict.notAsked).toContain('no unit failed');
    expect(verdict.notAsked).toContain('/usr is a read-only erofs');
  });

  test.each<[string, Observation, object, RegExp]>([
    [
      'the loader did not add the words',
      console('Command line: usrhash=abcd', ...booted.slice(1)),
      {},
      /, but: not true: the loader in the image added to the kernel command line: more$/,
    ],
    [
      'no check of /usr',
      console(...booted.filter((line) => !line.includes('check-usr'))),
      {},
      /not true: systemd of the full initrd/,
    ],
    [
      'a check of another root hash',
      console(...booted),
      { rootHash: 'ef' },
      /not true: the full initrd checked/,
    ],
    [
      'nothing of a kernel',
      console('BdsDxe: starting Boot0001'),
      {},
      /nothing of a kernel on the serial console/,
    ],
    [
      'multi-user.target not reached',
      console(...booted.slice(0, -1)),
      {},
      /before multi-user; the last step/,
    ],
  ])('not OK: %s', (_, seen, more, summary) => {
    const verdict = judgeImage(seen, { ...expected, ...more }, 'timeout');
    expect(verdict.ok).toBe(false);
    expect(verdict.summary).toMatch(summary);
  });
});
