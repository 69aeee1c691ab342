/** [FullInitrd]: where the full initrd comes from, and what it is like. */
import { hostFileSystemNames } from '../host-file-systems.ts';
import { either, is, isNot } from '../only-with.ts';
import { setting } from '../setting.ts';
import { device } from '../value-types/devices.ts';
import { carriedPath, plainPath, subvolumePath } from '../value-types/paths.ts';
import { imageBlockSize, memorySize, size } from '../value-types/sizes.ts';
import { account, unitName, unitSetting } from '../value-types/units.ts';
import { boolean, choice } from '../value-types/value-type.ts';

const inImage = is('FullInitrd.Source', 'image', 'thin');
const fromUsr = is('FullInitrd.Source', 'usr');
const onPartition = is('FullInitrd.Host', 'partition');
const asFile = isNot('FullInitrd.HostFileSystem', 'none');

/** The groups of udev's rules, with the numbers that Debian gives them or its systemd the first time. */
const groupsOfUdev =
  'adm:4 tty:5 disk:6 lp:7 kmem:15 dialout:20 cdrom:24 tape:26 audio:29 video:44 render:993 kvm:994 sgx:996 input:997 systemd-journal:999 nogroup:65534'.split(
    ' ',
  );

export const fullInitrd = {
  Source: setting({
    type: choice('image', 'thin', 'usr'),
    default: 'image',
    help: "Where the files of the full initrd come from: `image`, an image file in /usr; `thin`, an image without data for the files that /usr has too; `usr`, the system's own /usr, with an /etc that is made for it.",
    since: '0.1.0',
  }),
  Thin: setting({
    type: choice('overlay', 'links'),
    default: 'overlay',
    onlyWith: [is('FullInitrd.Source', 'thin')],
    help: 'How a thin image names a file of /usr: `overlay`, overlayfs reads its data from there, and the tree looks as before (Linux 6.5); `links`, a symbolic link to it.',
    since: '0.1.0',
  }),
  Host: setting({
    type: choice('usr', 'partition'),
    default: 'usr',
    strictest: ['usr', 'partition'],
    help: 'Where the image is: in the verified `/usr`; or on any `partition`, with a hash tree of its own behind it that [Verity] is about then. Nothing of /usr is set up for that one.',
    since: '0.2.0',
  }),
  HostDevice: setting({
    type: device,
    onlyWith: [onPartition],
    help: 'The partition with the image. Exactly one device must match.',
    since: '0.2.0',
  }),
  HostFileSystem: setting({
    type: choice(...hostFileSystemNames, 'none'),
    default: 'vfat',
    onlyWith: [onPartition],
    help: 'File system of HostDevice, on which Image is a file. It is mounted read-only, its log is not replayed, and it is not trusted. `none`: the partition itself is the image, and no file system is read that is not verified.',
    since: '0.2.0',
  }),
  HostSubvolume: setting({
    type: subvolumePath,
    onlyWith: [onPartition, is('FullInitrd.HostFileSystem', 'btrfs')],
    help: 'The subvolume of a btrfs in which Image is a path, such as `/@`; `/` for the top of the file system. Default: its default subvolume.',
    since: '0.2.0',
  }),
  HostCopy: setting({
    type: boolean,
    default: 'no',
    onlyWith: [onPartition, asFile],
    help: 'The image is copied into memory, and the partition let go before the full initrd starts: for one that the full initrd mounts itself, such as that of the root file system.',
    since: '0.2.0',
  }),
  Image: setting({
    type: plainPath,
    default: '/usr/lib/bootrelay/initrd.img',
    onlyWith: [inImage, asFile],
    help: 'The image file: a path of the running system below /usr, or with `FullInitrd.Host=partition` a path of the file system there.',
    since: '0.1.0',
  }),
  FileSystem: setting({
    type: choice('squashfs', 'erofs'),
    default: 'erofs',
    onlyWith: [inImage],
    help: 'File system of the image.',
    since: '0.1.0',
  }),
  Compression: setting({
    type: choice('auto', 'zstd', 'xz', 'gzip', 'lz4', 'lz4hc', 'none'),
    default: 'auto',
    onlyWith: [inImage],
    help: 'Compression of the image: zstd, xz, gzip or lz4 for squashfs; lz4hc, zstd (Linux 6.10) or none for erofs. `auto`: zstd and lz4hc.',
    since: '0.1.0',
  }),
  BlockSize: setting({
    type: imageBlockSize,
    default: 'auto',
    onlyWith: [inImage, isNot('FullInitrd.Compression', 'none')],
    help: 'Bytes of the image that are compressed together. `auto`: 128K for squashfs, 64K for erofs.',
    since: '0.1.0',
  }),
  Writable: setting({
    type: boolean,
    default: 'yes',
    onlyWith: [inImage],
    help: 'A tmpfs overlay above the image makes the root of the full initrd writable, which dracut wants.',
    since: '0.1.0',
  }),
  Unpack: setting({
    type: choice('auto', 'yes', 'no'),
    default: 'auto',
    onlyWith: [is('FullInitrd.Source', 'image'), is('FullInitrd.Writable', 'yes')],
    help: 'The files of the image are copied into a root in memory, and the image is let go: for an initrd without systemd, whose programs leave no other root (switch_root and run-init of busybox and klibc), or cover it for ever. `auto`: `yes` with `Init=/usr/lib/bootrelay/init`.',
    since: '0.2.0',
  }),
  SizeBudget: setting({
    type: size,
    default: '0',
    onlyWith: [inImage],
    help: 'Largest size of the image in /usr; a larger one fails `pack`, and `build --image`. 0: no limit.',
    since: '0.1.0',
  }),
  TmpfsSize: setting({
    type: memorySize,
    default: '50%',
    onlyWith: [either(is('FullInitrd.Writable', 'yes'), fromUsr)],
    help: 'Size limit of what the full initrd writes: the overlay above the image, or the root in memory.',
    since: '0.1.0',
  }),
  Init: setting({
    type: plainPath,
    default: '/init',
    help: 'Program of the full initrd that switch_root starts.',
    since: '0.1.0',
  }),
  Target: setting({
    type: unitName,
    default: 'initrd.target',
    onlyWith: [fromUsr],
    help: 'What `systemctl default` means in the full initrd. systemd itself starts initrd.target in an initrd.',
    since: '0.1.0',
  }),
  Mask: setting({
    type: unitName,
    default: [],
    onlyWith: [fromUsr],
    help: 'A unit of the system that must not run in the full initrd, besides those that `bootrelay explain` names.',
    since: '0.1.0',
  }),
  Unmask: setting({
    type: unitName,
    default: [],
    onlyWith: [fromUsr],
    help: 'A unit that bootrelay masks or changes by itself, to be left as the system has it.',
    since: '0.1.0',
  }),
  DropIns: setting({
    type: unitSetting,
    default: [],
    onlyWith: [fromUsr],
    help: 'A setting to add to a unit of the system in the full initrd, such as `systemd-modules-load.service Service.TimeoutStartSec=5s`.',
    since: '0.1.0',
  }),
  Users: setting({
    type: account,
    default: ['nobody:65534'],
    onlyWith: [fromUsr],
    help: 'A user, besides root, that the full initrd knows.',
    since: '0.1.0',
  }),
  Groups: setting({
    type: account,
    default: groupsOfUdev,
    onlyWith: [fromUsr],
    help: "A group, besides root, that the full initrd knows: those of udev's rules. The system's own udev sets devices anew.",
    since: '0.1.0',
  }),
  ExtraFiles: setting({
    type: plainPath,
    default: [],
    onlyWith: [fromUsr],
    help: 'A file or directory of the sysroot, outside /usr, to copy into the full initrd at the same path, such as /etc/modprobe.d.',
    since: '0.1.0',
  }),
  CarryOver: setting({
    type: carriedPath,
    default: ['/.extra'],
    onlyWith: [either(is('FullInitrd.Writable', 'yes'), fromUsr)],
    lost: "systemd-stub's credentials and extensions get lost",
    help: 'A path of the initramfs to copy into the full initrd if it exists; `/usr/share/oem:/oem` gives it another name there. systemd-stub puts credentials and extensions into /.extra.',
    since: '0.1.0',
  }),
};
