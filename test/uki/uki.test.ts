/** What goes into a UKI, as data: words, arguments of ukify, and what is computed of files. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { slotByLabel } from '../../src/disk/slots.ts';
import { rootHashOfTree } from '../../src/initrd/hash-tree.ts';
import { addonArgs, profileArgs, ukifyArgs } from '../../src/tools/ukify.ts';
import { signingWords } from '../../src/uki/signing-options.ts';
import { addonWords, ukiWords } from '../../src/uki/uki-words.ts';
import { configure } from '../config/platform-files.ts';

const rootHash = 'ab'.repeat(32);
const slotB = (...settings: readonly string[]) => {
  const config = configure(...settings);
  return { config, usr: { rootHash, partitions: slotByLabel(config, 'B') } };
};

describe('words', () => {
  test.each([
    ['of a slot', [], 'mount.usr=PARTLABEL=USR-B usrhash=HASH systemd.verity=no'],
    [
      'of the distribution, in front',
      ['Uki.CommandLine=quiet', 'Uki.CommandLine=root=LABEL=ROOT'],
      'quiet root=LABEL=ROOT mount.usr=PARTLABEL=USR-B usrhash=HASH systemd.verity=no',
    ],
    [
      'with the names of the platform',
      ['KernelCommandLine.RootHash=verity.usrhash', 'KernelCommandLine.UsrDevice=verity.usr'],
      'verity.usr=PARTLABEL=USR-B verity.usrhash=HASH',
    ],
    [
      'with a partition for the hash tree',
      ['Verity.HashDevice=PARTLABEL=HASH-A'],
      'mount.usr=PARTLABEL=USR-B systemd.verity_usr_hash=PARTLABEL=HASH-B usrhash=HASH systemd.verity=no',
    ],
    ['where the root hash is built in', [`Verity.RootHash=${rootHash}`], 'mount.usr=PARTLABEL=USR-B'],
    ['where nothing is verified', ['Verity.Verity=no'], 'mount.usr=PARTLABEL=USR-B'],
  ])('%s', (_, settings, words) => {
    const { config, usr } = slotB('Usr.Device=PARTLABEL=USR-A', ...settings);
    const expected = words.replace('HASH ', `${rootHash} `).replace(/HASH$/, rootHash);
    expect(ukiWords(config, usr, '').main).toBe(expected);
  });

  test('an addon has those of its slot alone, and the UKI then has none of them', () => {
    const { config, usr } = slotB(
      'Usr.Device=PARTLABEL=usr_a',
      'Uki.CommandLine=quiet',
      'Uki.Recovery=single',
    );
    expect(ukiWords(config, undefined, 'x=1')).toEqual({ main: 'quiet x=1', recovery: 'quiet x=1 single' });
    expect(addonWords(config, usr, '')).toBe(
      `mount.usr=PARTLABEL=usr_b usrhash=${rootHash} systemd.verity=no`,
    );
  });

  test.each([
    [
      ['Usr.Device=PARTUUID=7130c94a-213a-4e5a-8e26-6cce9662f132'],
      /does not say what the partition of another slot is called/,
    ],
    [['Usr.Device=PARTLABEL=system'], /PARTLABEL= with an A or B that stands alone is required/],
  ])('a slot needs a name that tells it: %j', (settings, message) => {
    expect(() => slotB(...settings)).toThrow(message);
  });

  test('a platform that takes no partition from the kernel command line has no words for another slot', () => {
    const { config, usr } = slotB('Usr.Device=PARTLABEL=USR-A', 'KernelCommandLine.Override=no');
    expect(() => ukiWords(config, usr, '')).toThrow(/KernelCommandLine.Override=yes/);
  });
});

describe('arguments of ukify', () => {
  const shared = { architecture: 'x64', stub: 's', output: 'o' } as const;

  test('a UKI has its sections in the order of their use', () => {
    const { program, args } = ukifyArgs({
      ...shared,
      ...{ kernel: 'k', version: '6.12', initrds: ['i', 'j'], microcode: 'm', osRelease: 'r', sbom: 'b' },
      ...{ commandLine: 'f', profiles: ['p'], signing: ['--sign-kernel'] },
    });
    expect([program, ...args].join(' ')).toBe(
      'ukify build --efi-arch=x64 --stub=s --linux=k --uname=6.12 --initrd=i --initrd=j --microcode=m --os-release=@r --section=.sbom:@b --profile=ID=main --join-profile=p --cmdline=@f --sign-kernel --output=o',
    );
  });

  test('an addon is for its kernel', () => {
    expect(addonArgs({ ...shared, commandLine: 'f', version: '6.12' }).args).toContain('--uname=6.12');
  });

  test('a profile is named in the menu', () => {
    const { args } = profileArgs({ ...shared, commandLine: 'x', id: 'recovery', title: 'Recovery' });
    expect(args).toContain('--profile=ID=recovery\nTITLE=Recovery');
  });

  test('what signs is passed on as it is', () => {
    const given = {
      secureboot_: 'no option',
      secureBoot: true,
      signingEngine: 'pkcs11',
      securebootPrivateKey: 'pkcs11:object=db',
      pcrPrivateKey: ['a', 'b'],
      phases: ['enter-initrd', 'enter-initrd:leave-initrd'],
      signKernel: false,
    };
    expect(signingWords(given)).toEqual([
      '--secureboot-private-key=pkcs11:object=db',
      '--signing-engine=pkcs11',
      '--no-sign-kernel',
      '--pcr-private-key=a',
      '--pcr-private-key=b',
      '--phases=enter-initrd',
      '--phases=enter-initrd:leave-initrd',
    ]);
  });
});

describe('the root hash of a tree', () => {
  const inputOf = (bytes: Buffer) => ({
    name: 'usr.img',
    size: bytes.length,
    readInto: (buffer: Buffer, start: number) => bytes.copy(buffer, 0, start),
  });
  const salt = Buffer.from('01020304', 'hex');

  /** A verity superblock and one block of the tree behind `blocks` blocks of data. */
  function usr(blocks: number, change: (superblock: Buffer) => void = () => undefined): Buffer {
    const superblock = Buffer.alloc(4096);
    superblock.write('verity\0\0', 'latin1');
    superblock.writeUInt32LE(1, 8);
    superblock.writeUInt32LE(1, 12);
    superblock.write('sha256', 32);
    superblock.writeUInt32LE(4096, 64);
    superblock.writeUInt32LE(4096, 68);
    superblock.writeBigUInt64LE(BigInt(blocks), 72);
    superblock.writeUInt16LE(salt.length, 80);
    salt.copy(superblock, 88);
    change(superblock);
    return Buffer.concat([Buffer.alloc(blocks * 4096, 1), superblock, Buffer.alloc(4096, 7)]);
  }

  const expected = createHash('sha256').update(salt).update(Buffer.alloc(4096, 7)).digest('hex');

  test.each([
    ['behind its data', usr(3)],
    ['far behind', usr(600)],
    ['alone', usr(3).subarray(3 * 4096)],
  ])('%s', (_, bytes) => {
    expect(rootHashOfTree(inputOf(bytes))).toBe(expected);
  });

  test('one that is cut off is refused', () => {
    const bytes = usr(3);
    expect(() => rootHashOfTree(inputOf(bytes.subarray(0, bytes.length - 1)))).toThrow(
      /is cut off behind the superblock/,
    );
  });

  test('where the platform says it is', () => {
    const other = usr(3);
    const bytes = Buffer.concat([other, Buffer.alloc(4096), usr(9).subarray(9 * 4096)]);
    expect(rootHashOfTree(inputOf(bytes), { offset: other.length + 4096 })).toBe(expected);
  });

  test.each([
    ['data that would reach behind it', usr(3, (block) => block.writeBigUInt64LE(400n, 72))],
    ['data that end before it: a tree of another file', usr(3, (block) => block.writeBigUInt64LE(2n, 72))],
    ['another version', usr(3, (block) => block.writeUInt32LE(2, 8))],
    ['an algorithm that nobody knows', usr(3, (block) => block.write('md4\0\0\0', 32))],
    ['no superblock', Buffer.alloc(65536)],
    ['an empty file', Buffer.alloc(0)],
  ])('%s is none', (_, bytes) => {
    expect(() => rootHashOfTree(inputOf(bytes))).toThrow(/usr.img has no hash tree of dm-verity/);
  });
});
