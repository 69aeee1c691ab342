/** Discoverable partitions, signature partitions and options of dm-verity: what names /usr where its partition has no name. */
import { append, type Fault, verified } from './fault.ts';

const dissected = ['Usr.Device=dissect', 'Verity.RootHash=command-line'];
const soon = 'Devices.Timeout=2s';
const other = 'ab'.repeat(32);

const signed = ['Verity.RootHashSignature=partition'];
const signedRootHashes = 'a kernel that looks at the signatures of root hashes';
const unknownKey = {
  step: 'set-up-verity',
  reason: 'verity-device-refused',
  because: 'Root hash verification failed (-ENOKEY)',
} as const;

const optionsOfVerity = ['KernelCommandLine.VerityOptions=systemd.verity_usr_options'];
const oneValue = ['KernelCommandLine.Repeated=refuse', 'KernelCommandLine.UsrDevice=mount.usr usr'];

export const discoveryFaults = {
  'dissect-by-root-hash': {
    what: 'the partitions of /usr and of its hash tree are known by the root hash alone, and the kernel command line says so',
    settings: dissected,
    commandLine: append(({ UsrDevice }) => `${UsrDevice}=dissect`),
    expected: verified,
  },
  'dissect-other-root-hash': {
    what: 'the root hash names partitions that are not there',
    settings: [...dissected, soon],
    commandLine: append(({ RootHash }) => `${RootHash}=${other}`),
    expected: { step: 'find-usr-partition', reason: 'device-missing' },
  },
  'dissect-short-root-hash': {
    what: 'the root hash is too short to name partitions',
    settings: [...dissected, soon],
    commandLine: append(({ RootHash }) => `${RootHash}=abcdef`),
    expected: { step: 'find-usr-partition', reason: 'root-hash-length' },
  },
  'dissect-twice': {
    what: 'two disks have the partitions that the root hash names',
    settings: dissected,
    disks: [{}, {}],
    expected: { step: 'find-usr-partition', reason: 'device-ambiguous' },
  },
  'dissect-not-here': {
    what: 'the kernel command line wants a discoverable partition, and the platform names one',
    commandLine: append(({ UsrDevice }) => `${UsrDevice}=dissect`),
    expected: { step: 'find-usr-partition', reason: 'device-name-unsupported' },
  },
  'partition-by-type': {
    what: 'the partition is named by its type',
    settings: ['Usr.Device=PARTTYPE=5DFBF5F4-2848-4BAC-AA5E-0D9A20B745A6'],
    expected: verified,
  },
  'partition-by-type-twice': {
    what: 'two disks have a partition of the type',
    settings: ['Usr.Device=PARTTYPE=5dfbf5f4-2848-4bac-aa5e-0d9a20b745a6'],
    disks: [{}, {}],
    expected: { step: 'find-usr-partition', reason: 'device-ambiguous' },
  },
  'signature-unknown-key': {
    what: 'the signature partition has a signature of a key that the kernel does not know',
    settings: [...dissected, ...signed, 'Verity.RequireSignature=yes'],
    needsPc: signedRootHashes,
    expected: unknownKey,
  },
  'signature-brings-root-hash': {
    what: 'the newest signature partition brings the root hash, with a key that the kernel does not know',
    settings: [
      'Usr.Device=dissect',
      'Usr.LabelPattern=Example_*',
      'Verity.RootHash=signature',
      ...signed,
      'Verity.RequireSignature=yes',
    ],
    needsPc: signedRootHashes,
    expected: unknownKey,
  },
  'signature-of-another-root-hash': {
    what: 'the signature partition is that of another root hash',
    settings: ['Verity.RootHash=command-line', ...signed],
    commandLine: append(({ RootHash }) => `${RootHash}=${other}`),
    expected: { step: 'find-usr-partition', reason: 'signature-missing' },
  },
  'hash-partition-of-data': {
    what: 'the partition of the hash tree is named, and is that of the data: the tree is behind them',
    settings: ['Verity.HashDevice=PARTLABEL=USR-A'],
    expected: verified,
  },
  'hash-partition-other': {
    what: 'the kernel command line names a partition without a hash tree for it',
    settings: ['Verity.HashDevice=PARTLABEL=USR-A-HASH'],
    commandLine: append(({ HashDevice }) => `${HashDevice}=PARTLABEL=ROOT`),
    expected: { step: 'set-up-verity', reason: 'verity-superblock-invalid' },
  },
  'verity-options-idle': {
    what: 'options of dm-verity say what is so anyway, or have no effect',
    settings: optionsOfVerity,
    commandLine: append(
      ({ VerityOptions }) =>
        `${VerityOptions}=panic-on-corruption,superblock=yes,format=1,salt=ff,uuid=1-2,fec-roots=3,$(reboot),*`,
    ),
    expected: verified,
  },
  'verity-options-weaken': {
    what: 'an option of dm-verity would let blocks through that do not match',
    settings: optionsOfVerity,
    commandLine: append(({ VerityOptions }) => `${VerityOptions}=hash-offset=0,ignore-corruption`),
    expected: { step: 'read-kernel-command-line', reason: 'verity-options-refused' },
  },
  'verity-options-offset': {
    what: 'an option of dm-verity places the hash tree in the file system',
    settings: optionsOfVerity,
    commandLine: append(({ VerityOptions }) => `${VerityOptions}=hash-offset=1048576`),
    expected: { step: 'set-up-verity', reason: 'verity-superblock-invalid' },
  },
  'verity-options-number': {
    what: 'the offset of the hash tree is an expression',
    settings: optionsOfVerity,
    commandLine: append(({ VerityOptions }) => `${VerityOptions}=hash-offset=4096+a[$(reboot)]`),
    expected: { step: 'read-kernel-command-line', reason: 'verity-options-refused' },
  },
  'parameters-contradict': {
    what: 'one parameter has two values, and the platform takes one only',
    settings: oneValue,
    commandLine: append(({ UsrDevice }) => `${UsrDevice}=PARTLABEL=USR-A ${UsrDevice}=PARTLABEL=USR-B`),
    expected: { step: 'read-kernel-command-line', reason: 'parameter-repeated' },
  },
  'parameters-of-two-names-contradict': {
    what: 'two names of one parameter have different values, and the platform takes one only',
    settings: oneValue,
    commandLine: append(() => 'usr=PARTLABEL=USR-A mount.usr=PARTLABEL=USR-B'),
    expected: { step: 'read-kernel-command-line', reason: 'parameter-repeated' },
  },
  'parameters-agree': {
    what: 'two names of one parameter have the same value, one of them twice, and the platform takes one only',
    settings: oneValue,
    commandLine: append(() => 'usr=PARTLABEL=USR-A mount.usr=PARTLABEL=USR-A usr=PARTLABEL=USR-A'),
    expected: verified,
  },
} satisfies Record<string, Fault>;
