/** Faults of the root hash, the verity superblock, the hash tree and the data that they cover. */
import { append, bytes, damaged, type Ending, type Fault, verified } from './fault.ts';

const fromCommandLine = ['Verity.RootHash=command-line'];
const corrupted: Ending = { kernel: 'kernel panic: dm-verity device corrupted' };
const mismatch: Ending = { step: 'set-up-verity', reason: 'verity-root-hash-mismatch' };
const noRootHash: Ending = { step: 'read-kernel-command-line', reason: 'root-hash-missing' };
const badSuperblock: Ending = { step: 'set-up-verity', reason: 'verity-superblock-invalid' };
const refused: Ending = { step: 'set-up-verity', reason: 'verity-device-refused' };
const signatureRefused: Ending = { ...refused, because: 'Root hash verification failed (-ENOKEY)' };

const signedRootHashes = 'a kernel that looks at the signatures of root hashes';
const errorCorrection = 'a kernel with forward error correction';

const wholeBlock = new Uint8Array(4096).fill(0xff);
const firstBlock = damaged({ in: 'usr', offset: 0 }, bytes(1));

/** A PKCS#7 signature of some root hash, made with a key that nobody has: `openssl smime -sign -noattr -nocerts`. */
const foreignSignature = Buffer.from(
  'MIHLBgkqhkiG9w0BBwKggb0wgboCAQExDzANBglghkgBZQMEAgEFADALBgkqhkiG9w0BBwExgZYwgZMCAQEwKTARMQ8wDQYDVQQDDAZub2JvZHkCFCCN1UIAK/Cy6hVc1PNWRU4Fgb1WMA0GCWCGSAFlAwQCAQUAMAoGCCqGSM49BAMCBEgwRgIhALzgaNuQYi3jP03fAGNBlfGWjPf4Juii+w2ai34BQIjAAiEAsflRWtuL6FVq4NzukHOKcN/QfEYygigXYxs/YU/yE3g=',
  'base64',
).toString('latin1');

const rootHashFaults = {
  'root-hash-wrong': {
    what: 'the root hash is that of another /usr',
    settings: fromCommandLine,
    commandLine: append(({ RootHash }) => `${RootHash}=${'ab'.repeat(32)}`),
    expected: mismatch,
  },
  'root-hash-empty': {
    what: 'the root hash is empty',
    settings: fromCommandLine,
    commandLine: append(({ RootHash }) => `${RootHash}=`),
    expected: noRootHash,
  },
  'root-hash-absent': {
    what: 'the kernel command line has no root hash',
    settings: fromCommandLine,
    commandLine: (sound, { RootHash }) =>
      sound
        .split(' ')
        .filter((word) => !word.startsWith(`${RootHash}=`))
        .join(' '),
    expected: noRootHash,
  },
  'root-hash-not-hexadecimal': {
    what: 'the root hash has a letter that is no hexadecimal digit',
    settings: fromCommandLine,
    commandLine: append(({ RootHash }) => `${RootHash}=${'ab'.repeat(31)}xy`),
    expected: noRootHash,
  },
  'root-hash-short': {
    what: 'the root hash is cut off',
    settings: fromCommandLine,
    commandLine: append(({ RootHash }) => `${RootHash}=${'ab'.repeat(31)}`),
    expected: { step: 'set-up-verity', reason: 'root-hash-length' },
  },
  'root-hash-unsigned': {
    what: 'the root hash has no signature, and the kernel requires one',
    settings: ['Verity.RequireSignature=yes'],
    needsPc: signedRootHashes,
    expected: signatureRefused,
  },
  'root-hash-foreign-signature': {
    what: 'the root hash has a signature of a key that the kernel does not know',
    settings: ['Verity.RequireSignature=yes', 'Verity.RootHashSignature=/usr/lib/os-release'],
    files: { '/usr/lib/os-release': foreignSignature },
    needsPc: signedRootHashes,
    expected: signatureRefused,
  },
} satisfies Record<string, Fault>;

const fewerBlocks = damaged({ in: 'superblock', field: 'dataBlocks' }, bytes(16, 0, 0, 0, 0, 0, 0, 0));

const superblockFaults = {
  'superblock-magic': {
    what: 'the verity superblock does not begin as one',
    disks: damaged({ in: 'superblock', field: 'magic' }, bytes(0x58)),
    expected: badSuperblock,
  },
  'superblock-version': {
    what: 'the verity superblock is of a version to come',
    disks: damaged({ in: 'superblock', field: 'version' }, bytes(2)),
    expected: badSuperblock,
  },
  'superblock-block-size': {
    what: 'the verity superblock tells of blocks of 1024 bytes',
    disks: damaged({ in: 'superblock', field: 'dataBlockSize' }, bytes(0, 4, 0, 0)),
    expected: badSuperblock,
  },
  'superblock-salt-size': {
    what: 'the verity superblock tells of a salt of 65,535 bytes',
    disks: damaged({ in: 'superblock', field: 'saltSize' }, bytes(0xff, 0xff)),
    expected: mismatch,
  },
  'superblock-data-blocks': {
    what: 'the verity superblock tells of more data than the partition has',
    disks: damaged({ in: 'superblock', field: 'dataBlocks' }, bytes(0, 0, 0, 1)),
    expected: badSuperblock,
  },
  'superblock-data-blocks-fewer': {
    what: 'the verity superblock tells of less data than the file system has: its end would be read as an I/O error',
    disks: fewerBlocks,
    expected: badSuperblock,
  },
  'superblock-data-blocks-fewer-dmsetup': {
    what: 'the same, with Verity.Tool=dmsetup',
    settings: ['Verity.Tool=dmsetup'],
    disks: fewerBlocks,
    expected: badSuperblock,
  },
  'superblock-data-blocks-fewer-veritysetup': {
    what: 'the same, with Verity.Tool=veritysetup',
    settings: ['Verity.Tool=veritysetup'],
    disks: fewerBlocks,
    expected: badSuperblock,
  },
  'superblock-data-blocks-fewer-hash-device': {
    what: 'the same, with the hash tree on a partition of its own',
    settings: ['Verity.HashDevice=PARTLABEL=USR-A-HASH'],
    disks: fewerBlocks,
    expected: badSuperblock,
  },
  'superblock-data-blocks-none': {
    what: 'the verity superblock tells of no data',
    disks: damaged({ in: 'superblock', field: 'dataBlocks' }, new Uint8Array(8)),
    expected: badSuperblock,
  },
  'superblock-data-blocks-negative': {
    what: 'the verity superblock tells of 2^64 - 1 blocks, which a shell takes for less than none',
    disks: damaged({ in: 'superblock', field: 'dataBlocks' }, new Uint8Array(8).fill(0xff)),
    expected: badSuperblock,
  },
  'superblock-hash-type': {
    what: 'the verity superblock tells of hashes without a salt in front (type 0)',
    disks: damaged({ in: 'superblock', field: 'hashType' }, bytes(0)),
    expected: badSuperblock,
  },
  'superblock-hash-block-size': {
    what: 'the verity superblock tells of hash blocks of 1024 bytes',
    disks: damaged({ in: 'superblock', field: 'hashBlockSize' }, bytes(0, 4, 0, 0)),
    expected: badSuperblock,
  },
  'hash-offset-behind-device': {
    what: 'the hash tree shall begin behind the end of the partition',
    settings: ['Verity.HashOffset=1T'],
    expected: badSuperblock,
  },
  'hash-offset-in-usr': {
    what: 'the hash tree shall begin in the file system',
    settings: ['Verity.HashOffset=1M'],
    expected: badSuperblock,
  },
  'superblock-algorithm': {
    what: 'the verity superblock names an algorithm that nobody has',
    disks: damaged({ in: 'superblock', field: 'algorithm' }, new TextEncoder().encode('md5000')),
    expected: { step: 'set-up-verity', reason: 'root-hash-length' },
  },
  'superblock-unreadable': {
    what: 'the disk cannot read the verity superblock',
    disks: [{ unreadable: { in: 'superblock', field: 'magic' } }],
    expected: { step: 'set-up-verity', reason: 'device-unreadable' },
  },
} satisfies Record<string, Fault>;

const treeFaults = {
  'hash-tree-root': {
    what: "the hash tree's root block is overwritten",
    disks: damaged({ in: 'hash tree', level: 'root' }, wholeBlock),
    expected: mismatch,
  },
  'hash-tree-leaf': {
    what: 'the block of the hash tree for the start of /usr is overwritten',
    disks: damaged({ in: 'hash tree', level: 'leaf' }, wholeBlock),
    expected: corrupted,
  },
  'hash-tree-unreadable': {
    what: 'the disk cannot read the block of the hash tree for the start of /usr: an I/O error',
    disks: [{ unreadable: { in: 'hash tree', level: 'leaf' } }],
    expected: { step: 'mount-usr', reason: 'usr-unmountable' },
  },
  'hash-tree-unreadable-panic': {
    what: 'the same, with a panic instead of an I/O error',
    settings: ['Verity.OnError=panic', 'Verity.Tool=dmsetup'],
    disks: [{ unreadable: { in: 'hash tree', level: 'leaf' } }],
    expected: { kernel: 'kernel panic: dm-verity device has I/O error' },
  },
  'hash-tree-unreadable-restart': {
    what: 'the same, with a restart',
    settings: ['Verity.OnError=restart', 'Verity.Tool=dmsetup'],
    disks: [{ unreadable: { in: 'hash tree', level: 'leaf' } }],
    expected: { kernel: 'kernel restart: dm-verity device has I/O error' },
  },
} satisfies Record<string, Fault>;

const dataFaults = {
  'usr-magic': {
    what: 'the file system of /usr does not begin as one (erofs)',
    disks: damaged({ in: 'usr', offset: 1024 }, bytes(0, 0, 0, 0)),
    expected: { step: 'set-up-verity', reason: 'usr-file-system-missing' },
  },
  'usr-magic-of-list': {
    what: 'the file system of /usr begins as none of the list',
    settings: ['Usr.FileSystem=erofs btrfs'],
    disks: damaged({ in: 'usr', offset: 1024 }, bytes(0, 0, 0, 0)),
    expected: { step: 'find-file-system', reason: 'usr-file-system-missing' },
  },
  'usr-larger-than-device': {
    what: 'the file system of /usr says that it has 2^32 - 1 blocks (erofs)',
    disks: damaged({ in: 'usr', offset: 1024 + 36 }, bytes(0xff, 0xff, 0xff, 0xff)),
    expected: { step: 'set-up-verity', reason: 'usr-file-system-missing' },
  },
  'usr-block-size': {
    what: 'the file system of /usr says that its blocks have 2^255 bytes (erofs)',
    disks: damaged({ in: 'usr', offset: 1024 + 12 }, bytes(0xff)),
    expected: { step: 'set-up-verity', reason: 'usr-file-system-missing' },
  },
  'usr-smaller-than-verity': {
    what: 'the file system of /usr says that it ends where there is no hash tree (erofs)',
    disks: damaged({ in: 'usr', offset: 1024 + 36 }, bytes(16, 0, 0, 0)),
    expected: badSuperblock,
  },
  'usr-empty': {
    what: 'the file system of /usr says that it has no blocks (erofs)',
    disks: damaged({ in: 'usr', offset: 1024 + 36 }, bytes(0, 0, 0, 0)),
    expected: { step: 'set-up-verity', reason: 'usr-file-system-missing' },
  },
  'usr-first-block': {
    what: 'a byte in the first block of /usr is another one',
    disks: firstBlock,
    expected: corrupted,
  },
  'usr-first-block-restart': {
    what: 'the same, with a restart instead of a panic',
    settings: ['Verity.OnCorruption=restart'],
    disks: firstBlock,
    expected: { kernel: 'kernel restart: dm-verity device corrupted' },
  },
  'usr-first-block-error': {
    what: 'the same, with an I/O error',
    settings: ['Verity.OnCorruption=error'],
    disks: firstBlock,
    expected: { step: 'mount-usr', reason: 'usr-unmountable' },
  },
  'usr-first-block-repaired': {
    what: 'the same, with data for forward error correction',
    settings: ['Verity.HashDevice=PARTLABEL=USR-A-HASH', 'Verity.FecDevice=PARTLABEL=USR-A-FEC'],
    needsPc: errorCorrection,
    disks: firstBlock,
    expected: verified,
  },
  'usr-first-block-repaired-alone': {
    what: 'the same, with the hash tree behind the file system',
    settings: ['Verity.FecDevice=PARTLABEL=USR-A-FEC'],
    needsPc: errorCorrection,
    disks: firstBlock,
    expected: verified,
  },
  'usr-file-needed-later': {
    what: 'a block is damaged in a file that only the full initrd reads, or the system: the systemd of /usr',
    settings: ['Usr.FileSystem=btrfs'],
    disks: damaged({ in: 'content of', file: '/usr/lib/systemd/systemd' }, wholeBlock),
    expected: { kernel: 'kernel panic: dm-verity device corrupted', afterHandOver: true },
  },
} satisfies Record<string, Fault>;

export const verityFaults = { ...rootHashFaults, ...superblockFaults, ...treeFaults, ...dataFaults };
