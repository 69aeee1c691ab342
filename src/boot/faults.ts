/** Faults that `boot --fault` injects into a boot: what is changed, and how the boot must end. None may be handed over. */
import type { PlatformSettings } from '../config/settings.ts';
import type { ReasonName } from '../plan/reasons.ts';
import type { Place } from './fault-disk.ts';
import type { Observation } from './timeline.ts';
import type { Verdict } from './verdict.ts';

export interface Fault {
  /** What is wrong with the machine. */
  readonly what: string;
  /** Settings that it takes, as --set gives them. */
  readonly settings?: readonly string[];
  /** What is behind the kernel command line, by the platform's names; of several parameters of one name the last one counts. */
  readonly append?: (names: PlatformSettings['KernelCommandLine']) => string;
  /** The kernel command line has no root hash. */
  readonly withoutRootHash?: boolean;
  /** Bytes of the disk that are overwritten. */
  readonly damage?: { readonly place: Place; readonly bytes: Uint8Array };
  /** The disk is there a second time. */
  readonly diskTwice?: boolean;
  /** Files that take the place of those in the minimal initrd; none of them can be executed. */
  readonly files?: Readonly<Record<string, string>>;
  readonly expected: Ending;
}

/** How a boot must end: a step stops it with a reason, or the kernel panics with these words. */
export type Ending = { readonly step: string; readonly reason: ReasonName } | { readonly panic: string };

const fromCommandLine = ['Verity.RootHash=command-line'];
const soon = ['Devices.Timeout=2s'];
const corrupted: Ending = { panic: 'dm-verity device corrupted' };
const mismatch: Ending = { step: 'set-up-verity', reason: 'verity-root-hash-mismatch' };
const noRootHash: Ending = { step: 'read-kernel-command-line', reason: 'root-hash-missing' };
const badSuperblock: Ending = { step: 'set-up-verity', reason: 'verity-superblock-invalid' };
const noDevice: Ending = { step: 'find-usr-partition', reason: 'device-missing' };

const bytes = (...values: readonly number[]) => Uint8Array.from(values);
const wholeBlock = new Uint8Array(4096).fill(0xff);

/** Every fault by its name. */
export const faults: Readonly<Record<string, Fault>> = {
  'root-hash-wrong': {
    what: 'the root hash is that of another /usr',
    settings: fromCommandLine,
    append: ({ RootHash }) => `${RootHash}=${'ab'.repeat(32)}`,
    expected: mismatch,
  },
  'root-hash-empty': {
    what: 'the root hash is empty',
    settings: fromCommandLine,
    append: ({ RootHash }) => `${RootHash}=`,
    expected: noRootHash,
  },
  'root-hash-absent': {
    what: 'the kernel command line has no root hash',
    settings: fromCommandLine,
    withoutRootHash: true,
    expected: noRootHash,
  },
  'root-hash-not-hexadecimal': {
    what: 'the root hash has a letter that is no hexadecimal digit',
    settings: fromCommandLine,
    append: ({ RootHash }) => `${RootHash}=${'ab'.repeat(31)}xy`,
    expected: noRootHash,
  },
  'root-hash-short': {
    what: 'the root hash is cut off',
    settings: fromCommandLine,
    append: ({ RootHash }) => `${RootHash}=${'ab'.repeat(31)}`,
    expected: { step: 'set-up-verity', reason: 'root-hash-length' },
  },
  'superblock-magic': {
    what: 'the verity superblock does not begin as one',
    damage: { place: { in: 'superblock', field: 'magic' }, bytes: bytes(0x58) },
    expected: badSuperblock,
  },
  'superblock-version': {
    what: 'the verity superblock is of a version to come',
    damage: { place: { in: 'superblock', field: 'version' }, bytes: bytes(2) },
    expected: badSuperblock,
  },
  'superblock-block-size': {
    what: 'the verity superblock tells of blocks of 1024 bytes',
    damage: { place: { in: 'superblock', field: 'dataBlockSize' }, bytes: bytes(0, 4, 0, 0) },
    expected: badSuperblock,
  },
  'superblock-salt-size': {
    what: 'the verity superblock tells of a salt of 65,535 bytes',
    damage: { place: { in: 'superblock', field: 'saltSize' }, bytes: bytes(0xff, 0xff) },
    expected: mismatch,
  },
  'superblock-data-blocks': {
    what: 'the verity superblock tells of more data than the partition has',
    damage: { place: { in: 'superblock', field: 'dataBlocks' }, bytes: bytes(0, 0, 0, 1) },
    expected: { step: 'set-up-verity', reason: 'verity-device-refused' },
  },
  'superblock-algorithm': {
    what: 'the verity superblock names an algorithm that nobody has',
    damage: { place: { in: 'superblock', field: 'algorithm' }, bytes: new TextEncoder().encode('md5000') },
    expected: { step: 'set-up-verity', reason: 'root-hash-length' },
  },
  'hash-tree-root': {
    what: "the hash tree's root block is overwritten",
    damage: { place: { in: 'hash tree', level: 'root' }, bytes: wholeBlock },
    expected: mismatch,
  },
  'hash-tree-leaf': {
    what: 'the block of the hash tree for the start of /usr is overwritten',
    damage: { place: { in: 'hash tree', level: 'leaf' }, bytes: wholeBlock },
    expected: corrupted,
  },
  'usr-magic': {
    what: 'the file system of /usr does not begin as one (erofs)',
    damage: { place: { in: 'usr', offset: 1024 }, bytes: bytes(0, 0, 0, 0) },
    expected: { step: 'set-up-verity', reason: 'usr-file-system-missing' },
  },
  'usr-first-block': {
    what: 'a byte in the first block of /usr is another one',
    damage: { place: { in: 'usr', offset: 0 }, bytes: bytes(1) },
    expected: corrupted,
  },
  'partition-missing': {
    what: 'no partition has the label',
    settings: soon,
    append: ({ UsrDevice }) => `${UsrDevice}=PARTLABEL=USR-Z`,
    expected: noDevice,
  },
  'partition-label-prefix': {
    what: 'the only partition has a label that goes on behind the one that is asked for',
    settings: soon,
    append: ({ UsrDevice }) => `${UsrDevice}=PARTLABEL=USR-`,
    expected: noDevice,
  },
  'partition-label-pattern': {
    what: 'the label that is asked for would match if it were a pattern, or run if it were a command',
    settings: soon,
    append: ({ UsrDevice }) => `${UsrDevice}="PARTLABEL=USR-[A] $(reboot -f) *"`,
    expected: noDevice,
  },
  'partition-twice': {
    what: 'two disks carry the same label',
    diskTwice: true,
    expected: { step: 'find-usr-partition', reason: 'device-ambiguous' },
  },
  'device-name-unknown': {
    what: 'the kernel command line names the partition in a way that nobody knows',
    append: ({ UsrDevice }) => `${UsrDevice}=NUMBER=1`,
    expected: { step: 'find-usr-partition', reason: 'device-name-unsupported' },
  },
  'module-damaged': {
    what: 'the module dm-verity is none',
    files: { '/modules/dm-verity.ko': 'not a module\n' },
    expected: { step: 'load-modules', reason: 'module-refused' },
  },
  'other-file-system': {
    what: 'the kernel command line asks for another file system of /usr',
    append: ({ UsrFileSystem }) => `${UsrFileSystem}=xfs`,
    expected: { step: 'read-kernel-command-line', reason: 'file-system-unsupported' },
  },
  'mount-options': {
    what: 'the kernel command line gives mount options that the file system refuses',
    append: ({ UsrOptions }) => `${UsrOptions}=nosuchoption`,
    expected: { step: 'mount-usr', reason: 'usr-unmountable' },
  },
  'init-missing': {
    what: 'the full initrd does not have the init that is asked for',
    settings: ['FullInitrd.Init=/no/init'],
    expected: { step: 'mount-full-initrd', reason: 'init-missing' },
  },
};

/** What a boot with a fault showed against what it must show. */
export interface FaultVerdict extends Verdict {
  readonly expected: string;
  readonly seen: string;
  /** The full initrd was started: what must never be. */
  readonly handedOver: boolean;
}

/** Judges a boot with a fault. `ended`: by itself, as the emergency action wants it, or because we waited for nothing more. */
export function judgeFault(
  { milestones, failure }: Observation,
  ended: 'exit' | 'goal' | 'timeout',
  { expected }: Fault,
): FaultVerdict {
  const handedOver = milestones.some(({ stage }) => stage === 'stage 2' || stage === 'system');
  const wanted =
    'panic' in expected ? `kernel panic: ${expected.panic}` : `${expected.step} failed: ${expected.reason}: `;
  const seen = handedOver
    ? 'handed over'
    : (failure ?? `no reason; the last step was ${milestones.at(-1)?.name ?? 'none'}`);
  const ok = !handedOver && ended === 'exit' && failure?.startsWith(wanted) === true;
  const how = ended === 'exit' || handedOver ? seen : `${seen}; the machine went on`;
  const expectation = wanted.replace(/: $/, '');
  const summary = ok ? `stopped as expected: ${how}` : `expected: ${expectation}; seen: ${how}`;
  return { ok, summary, facts: [], expected: expectation, seen: how, handedOver };
}
