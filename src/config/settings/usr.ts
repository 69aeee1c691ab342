/** [Usr]: the partition of /usr, and how it is mounted. */

import { either, is } from '../only-with.ts';
import { setting } from '../setting.ts';
import { usrFileSystemNames } from '../usr-file-systems.ts';
import { usrDevice } from '../value-types/devices.ts';
import { labelPattern, mountOptions } from '../value-types/names.ts';
import { choice, choices } from '../value-types/value-type.ts';

export const usr = {
  Device: setting({
    type: usrDevice,
    help: 'The partition that holds /usr. Exactly one device must match. `dissect`: a discoverable partition, with its hash tree on another one: both have their UUIDs from the root hash; without verity the newest one by LabelPattern. As in fstab(5), a value may be in quotes; UUIDs count in any case, and a link such as /dev/disk/by-partlabel/USR-A means the tag that it is made from.',
    since: '0.1.0',
  }),
  LabelPattern: setting({
    type: labelPattern,
    default: '*',
    onlyWith: [
      either(is('Usr.Device', 'dissect'), is('Verity.DataDevice', 'dissect')),
      either(is('Verity.RootHash', 'signature'), is('Verity.Verity', 'no')),
    ],
    help: 'Which discoverable partitions count where several may: a pattern as in glob(7) for their labels, such as `Example_*`. Of those that match the one with the newest version does, as `sort -V` has them; one called `_empty` never.',
    since: '0.2.0',
  }),
  FileSystem: setting({
    type: choices(...usrFileSystemNames),
    default: 'erofs',
    help: 'File system of /usr; of several with blanks between them, such as `btrfs erofs`, the first whose superblock is on the device. The drivers of all come along.',
    since: '0.1.0',
  }),
  Options: setting({
    type: mountOptions,
    help: 'Mount options of /usr besides `ro`, of those that docs/mount-options.md allows; of several file systems each gets those that it knows. The kernel command line may give others instead.',
    since: '0.1.0',
  }),
  FixedOptions: setting({
    type: mountOptions,
    help: 'Mount options of /usr that it is always mounted with, whatever the kernel command line gives, such as `rescue=nologreplay`.',
    since: '0.1.0',
  }),
  HandOver: setting({
    type: choice('bind', 'move'),
    default: 'bind',
    help: 'How /usr gets below the full initrd: a bind mount (the first mount is detached after it) or a moved mount.',
    since: '0.1.0',
  }),
};
