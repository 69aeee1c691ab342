/** [Usr]: the partition of /usr, and how it is mounted. */
import { either, is, isSet } from '../only-with.ts';
import { setting } from '../setting.ts';
import { usrFileSystemNames } from '../usr-file-systems.ts';
import { usrDevice } from '../value-types/devices.ts';
import { labelPattern, mountOptions } from '../value-types/names.ts';
import { plainPath } from '../value-types/paths.ts';
import { choice, choices } from '../value-types/value-type.ts';

const usrIsThere = is('FullInitrd.Host', 'usr');

export const usr = {
  Device: setting({
    type: usrDevice,
    onlyWith: [usrIsThere],
    help: 'The partition that holds /usr. Exactly one device must match. `dissect`: a discoverable partition, with its hash tree on another one: both have their UUIDs from the root hash; without verity the newest one by LabelPattern. As in fstab(5), a value may be in quotes; UUIDs count in any case, and a link such as /dev/disk/by-partlabel/USR-A means the tag that it is made from.',
    since: '0.1.0',
  }),
  LabelPattern: setting({
    type: labelPattern,
    default: '*',
    onlyWith: [
      usrIsThere,
      either(is('Usr.Device', 'dissect'), is('Verity.DataDevice', 'dissect')),
      either(is('Verity.RootHash', 'signature'), is('Verity.Verity', 'no')),
    ],
    help: 'Which discoverable partitions count where several may: a pattern as in glob(7) for their labels, such as `Example_*`. Of those that match the one with the newest version does, as `sort -V` has them; one called `_empty` never.',
    since: '0.2.0',
  }),
  FileSystem: setting({
    type: choices(...usrFileSystemNames),
    default: 'erofs',
    onlyWith: [usrIsThere],
    help: 'File system of /usr; of several with blanks between them, such as `btrfs erofs`, the first whose superblock is on the device. The drivers of all come along.',
    since: '0.1.0',
  }),
  Options: setting({
    type: mountOptions,
    onlyWith: [usrIsThere],
    help: 'Mount options of /usr besides `ro`, of those that docs/mount-options.md allows; of several file systems each gets those that it knows. The kernel command line may give others instead.',
    since: '0.1.0',
  }),
  FixedOptions: setting({
    type: mountOptions,
    onlyWith: [usrIsThere],
    help: 'Mount options of /usr that it is always mounted with, whatever the kernel command line gives, such as `rescue=nologreplay`.',
    since: '0.1.0',
  }),
  HandOver: setting({
    type: choice('bind', 'move'),
    default: 'bind',
    onlyWith: [usrIsThere],
    help: 'How /usr gets below the full initrd: a bind mount (the first mount is detached after it) or a moved mount.',
    since: '0.1.0',
  }),
  LiveImage: setting({
    type: plainPath,
    onlyWith: [usrIsThere],
    help: 'A file of the initramfs, such as /usr.squashfs, that is /usr where it is there and the kernel command line names no device of /usr: a live system, booted by PXE or from an ISO. It is read where it is. Usr.Device may be unset then.',
    since: '0.2.0',
  }),
  LiveHash: setting({
    type: plainPath,
    onlyWith: [
      usrIsThere,
      isSet('Usr.LiveImage'),
      is('Verity.Verity', 'required'),
      isSet('Verity.HashDevice'),
    ],
    help: 'The file of the initramfs with the hash tree of the live image, where the platform has the hash tree on a device of its own.',
    since: '0.2.0',
  }),
  LiveVerity: setting({
    type: choice('required', 'optional'),
    default: 'required',
    onlyWith: [
      usrIsThere,
      isSet('Usr.LiveImage'),
      is('Verity.Verity', 'required'),
      is('Verity.RootHash', 'command-line'),
    ],
    strictest: ['required', 'optional'],
    help: '`required`: a live image is used through dm-verity, as /usr of a disk is. `optional`: the same where the kernel command line gives a root hash; without one it is used as it is, as trusted as the archive that brought it.',
    since: '0.2.0',
  }),
};
