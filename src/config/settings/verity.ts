/** [Verity]: dm-verity over /usr, or over an image that is on a partition. */
import { is, isSet } from '../only-with.ts';
import { others, setting } from '../setting.ts';
import { device, usrDevice } from '../value-types/devices.ts';
import { rootHash } from '../value-types/hashes.ts';
import { deviceMapperName } from '../value-types/names.ts';
import { signatureSource } from '../value-types/paths.ts';
import { blockBytes, blockOffset } from '../value-types/sizes.ts';
import { boolean, choice, integer } from '../value-types/value-type.ts';

const required = is('Verity.Verity', 'required');
const usrIsThere = is('FullInitrd.Host', 'usr');

export const verity = {
  Verity: setting({
    type: choice('required', 'no'),
    default: 'required',
    strictest: ['required', 'no'],
    help: '`required`: /usr, or the image on FullInitrd.HostDevice, is used through dm-verity or the boot stops. `no`: /usr is used as it is.',
    since: '0.1.0',
  }),
  Name: setting({
    type: deviceMapperName,
    default: 'usr',
    onlyWith: [required],
    help: 'Device-mapper name of the verity device: /dev/mapper/NAME. That of an image must not be `usr`, which the full initrd may make itself.',
    since: '0.1.0',
  }),
  DataDevice: setting({
    type: usrDevice,
    onlyWith: [required, usrIsThere],
    help: 'The partition with the data, where Usr.Device names the verity device (/dev/mapper/NAME) or nothing. Default: Usr.Device.',
    since: '0.1.0',
  }),
  HashDevice: setting({
    type: device,
    onlyWith: [required, usrIsThere],
    help: 'The partition with the hash tree. Default: the data partition, the hash tree behind the file system.',
    since: '0.1.0',
  }),
  HashOffset: setting({
    type: blockOffset,
    default: 'auto',
    onlyWith: [required],
    help: 'Where the verity superblock starts on the hash device. `auto`: 0 on a hash device of its own, else the end of the file system as its superblock gives it.',
    since: '0.1.0',
  }),
  RootHash: setting({
    type: rootHash,
    default: 'command-line',
    onlyWith: [required],
    strictest: [others, 'image', 'signature', 'command-line'],
    help: 'The root hash, built in; `command-line`: the boot loader gives it as KernelCommandLine.RootHash; `signature`: that of the newest signature partition (Usr.LabelPattern), which the kernel must find signed; `image`: that of the image on FullInitrd.HostDevice, which `build --image` reads and builds in.',
    since: '0.1.0',
  }),
  RootHashSignature: setting({
    type: signatureSource,
    onlyWith: [required],
    help: 'A file of the sysroot with a PKCS#7 signature (DER) of the root hash, which the kernel checks with the keys that it trusts; it comes along. `partition`: the signature of the root hash is on a discoverable partition, as systemd-repart makes it. With veritysetup or systemd-veritysetup.',
    since: '0.1.0',
  }),
  RequireSignature: setting({
    type: boolean,
    default: 'no',
    onlyWith: [required],
    strictest: ['yes', 'no'],
    help: 'The kernel refuses every verity device without a signature of a key that it trusts, until the next boot (require_signatures of dm-verity). Stage 1 stops where the kernel does not say so.',
    since: '0.1.0',
  }),
  FecDevice: setting({
    type: device,
    onlyWith: [required, usrIsThere],
    help: 'The partition with forward error correction data (`veritysetup format --fec-device`), by which the kernel repairs blocks that do not match. With veritysetup or systemd-veritysetup.',
    since: '0.1.0',
  }),
  FecOffset: setting({
    type: blockBytes,
    default: '0',
    onlyWith: [required, isSet('Verity.FecDevice')],
    help: 'Where the data of FecDevice start on it, in bytes.',
    since: '0.1.0',
  }),
  FecRoots: setting({
    type: integer(2, 24),
    default: '2',
    onlyWith: [required, isSet('Verity.FecDevice')],
    help: 'Parity bytes of each code word, as the data of FecDevice were made.',
    since: '0.1.0',
  }),
  Tool: setting({
    type: choice('auto', 'dm-create', 'dmsetup', 'veritysetup', 'systemd-veritysetup'),
    default: 'auto',
    onlyWith: [required],
    help: '`dm-create`, a program of 3 kB that the build compiles (with cc, or what CC names) and that gives the kernel a table made from the verity superblock; `dmsetup`, the same with seven libraries and no compiler; `veritysetup` or `systemd-veritysetup`, which bring libcryptsetup and OpenSSL. `auto`: dm-create, or with Init=systemd dmsetup, which udev rules call anyway; with RootHashSignature or FecDevice veritysetup, or systemd-veritysetup.',
    since: '0.1.0',
  }),
  OnCorruption: setting({
    type: choice('panic', 'restart', 'error'),
    default: 'panic',
    onlyWith: [required],
    strictest: ['panic', 'restart', 'error'],
    help: 'What the kernel does when a block does not match its hash after the first check: panic, restart, or an I/O error to the reader.',
    since: '0.1.0',
  }),
  OnError: setting({
    type: choice('error', 'panic', 'restart'),
    default: 'error',
    onlyWith: [required],
    strictest: ['panic', 'restart', 'error'],
    help: 'What the kernel does when the disk cannot read a block of /usr or of its hash tree: an I/O error to the reader, panic, or restart (Linux 6.12; with dm-create or dmsetup).',
    since: '0.1.0',
  }),
};
