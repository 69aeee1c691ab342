/**
 * The one table of settings. Types, validation, docs/settings.md, `show` and completion come from it.
 * A default is written as a platform owner would write it, and goes through the same parser.
 */
import {
  type AnySetting,
  type ListSetting,
  list,
  type OptionalSetting,
  optional,
  type SingleSetting,
  secret,
  single,
} from './setting-kinds.ts';
import { account, unitName, unitSetting } from './unit-types.ts';
import {
  blockBytes,
  blockOffset,
  boolean,
  choice,
  type DeviceSpec,
  device,
  deviceIdentifiers,
  deviceMapperName,
  hardware,
  imageBlockSize,
  integer,
  memorySize,
  moduleDirectory,
  moduleName,
  mountOptions,
  parameterName,
  passwordHash,
  plainPath,
  platformName,
  rootHash,
  size,
  text,
  timeSpan,
  usrPath,
  wholeSeconds,
} from './value-types.ts';

/** The groups of udev's rules, with the numbers that Debian gives them or its systemd the first time. */
const groupsOfUdev =
  'adm:4 tty:5 disk:6 lp:7 kmem:15 dialout:20 cdrom:24 tape:26 audio:29 video:44 render:993 kvm:994 sgx:996 input:997 systemd-journal:999 nogroup:65534'.split(
    ' ',
  );

/** Every section and setting. */
export const settings = {
  Platform: {
    Name: optional(platformName, 'Name of the platform. Default: the name of the file without `.ini`.'),
    Description: single(text, '', 'What machine this is, in a sentence.'),
    Architecture: single(choice('x86-64', 'arm64'), 'x86-64', 'Processor architecture of the machine.'),
    Extends: list(
      text,
      [],
      'A platform file to start from, relative to this file. Its settings come first; this file overrides them.',
    ),
  },
  Initrd: {
    Init: single(
      choice('shell', 'systemd'),
      'shell',
      'Form of stage 1: `shell` is a POSIX /init run by busybox; `systemd` is systemd as PID 1, with the steps in units.',
    ),
    Compression: single(
      choice('zstd', 'xz', 'gzip', 'none'),
      'zstd',
      'Compression of the minimal initrd. The kernel needs the matching CONFIG_RD_ option.',
    ),
    CompressionLevel: optional(
      integer(1, 22),
      'Compression level. Default: 18 for zstd, 9 for xz (with the CRC32 check that the kernel knows) and gzip.',
    ),
    SizeBudget: single(
      size,
      '0',
      'Largest size of the compressed minimal initrd; a larger one fails the build. 0: no limit.',
    ),
    Microcode: list(
      choice('intel', 'amd'),
      [],
      'Processor microcode of the sysroot to put in front of the minimal initrd, uncompressed, as the kernel reads it early.',
    ),
    ExtraFiles: list(
      plainPath,
      [],
      'A file or directory of the sysroot to put into the minimal initrd at the same path; programs bring their libraries.',
    ),
  },
  Modules: {
    Load: single(
      choice('listed', 'coldplug'),
      'listed',
      'Which modules are loaded: the `listed` ones and what the boot itself needs; `coldplug`: also the drivers of the devices that are there, from ModuleDirectories.',
    ),
    ModuleDirectories: list(
      moduleDirectory,
      [],
      "A directory of the kernel's module tree, such as `drivers/ata`, or one module in it, such as `drivers/hv/hv_vmbus`: its drivers come along for Load=coldplug, with what they depend on and their firmware.",
    ),
    Modules: list(
      moduleName,
      [],
      'Kernel module to load before the devices are searched, usually a disk driver, with its parameters behind it, such as `ramoops mem_size=0x100000`. With a leading `-` it may be missing or fail.',
    ),
  },
  Devices: {
    Timeout: single(
      timeSpan,
      '90s',
      'How long to wait for the /usr partition before the emergency action. 0: look once.',
    ),
    Require: list(
      hardware,
      [],
      'Hardware that the machine has: a modalias as /sys tells it, such as `pci:v00001AF4d00001001sv00001AF4sd00000002bc01sc00i00`, or the name of a driver. `check --sysroot` and `build` fail where nothing in the minimal initrd, nor the kernel itself, drives it.',
    ),
    FindBy: list(
      choice(...deviceIdentifiers),
      ['PARTLABEL', 'path'],
      'How a device may be named on the kernel command line, besides the kinds that the settings use. LABEL, UUID and PARTUUID put blkid into the minimal initrd.',
    ),
  },
  Usr: {
    Device: optional<DeviceSpec>(device, 'The partition that holds /usr. Exactly one device must match.'),
    FileSystem: single(choice('erofs', 'btrfs', 'squashfs', 'ext4'), 'erofs', 'File system of /usr.'),
    Options: optional(
      mountOptions,
      'Mount options of /usr besides `ro`, of those that docs/mount-options.md allows; the kernel command line may give others instead.',
    ),
    FixedOptions: optional(
      mountOptions,
      'Mount options of /usr that it is always mounted with, whatever the kernel command line gives, such as `rescue=nologreplay`.',
    ),
    HandOver: single(
      choice('bind', 'move'),
      'bind',
      'How /usr gets below the full initrd: a bind mount (the first mount is detached after it) or a moved mount.',
    ),
  },
  Verity: {
    Verity: single(
      choice('required', 'no'),
      'required',
      '`required`: /usr is used through dm-verity or the boot stops. `no`: /usr is used as it is.',
    ),
    Name: single(deviceMapperName, 'usr', 'Device-mapper name of the verity device: /dev/mapper/NAME.'),
    DataDevice: optional<DeviceSpec>(
      device,
      'The partition with the data, where Usr.Device names the verity device (/dev/mapper/NAME) or nothing. Default: Usr.Device.',
    ),
    HashDevice: optional<DeviceSpec>(
      device,
      'The partition with the hash tree. Default: the data partition, the hash tree behind the file system.',
    ),
    HashOffset: single(
      blockOffset,
      'auto',
      'Where the verity superblock starts on the hash device. `auto`: 0 on a hash device of its own, else the end of the file system as its superblock gives it.',
    ),
    RootHash: single(
      rootHash,
      'command-line',
      'The root hash, built in; or `command-line`: the boot loader gives it as KernelCommandLine.RootHash.',
    ),
    RootHashSignature: optional(
      plainPath,
      'A file of the sysroot with a PKCS#7 signature (DER) of the root hash, which the kernel checks with the keys that it trusts; it comes along. With veritysetup or systemd-veritysetup.',
    ),
    RequireSignature: single(
      boolean,
      'no',
      'The kernel refuses every verity device without a signature of a key that it trusts, until the next boot (require_signatures of dm-verity). Stage 1 stops where the kernel does not say so.',
    ),
    FecDevice: optional<DeviceSpec>(
      device,
      'The partition with forward error correction data (`veritysetup format --fec-device`), by which the kernel repairs blocks that do not match. With veritysetup or systemd-veritysetup.',
    ),
    FecOffset: single(blockBytes, '0', 'Where the data of FecDevice start on it, in bytes.'),
    FecRoots: single(
      integer(2, 24),
      '2',
      'Parity bytes of each code word, as the data of FecDevice were made.',
    ),
    Tool: single(
      choice('auto', 'dm-create', 'dmsetup', 'veritysetup', 'systemd-veritysetup'),
      'auto',
      '`dm-create`, a program of 2 kB that the build compiles (with cc, or what CC names) and that gives the kernel a table made from the verity superblock; `dmsetup`, the same with seven libraries and no compiler; `veritysetup` or `systemd-veritysetup`, which bring libcryptsetup and OpenSSL. `auto`: systemd-veritysetup with Init=systemd, which has those libraries anyway; veritysetup with RootHashSignature or FecDevice; else dm-create.',
    ),
    OnCorruption: single(
      choice('panic', 'restart', 'error'),
      'panic',
      'What the kernel does when a block does not match its hash after the first check: panic, restart, or an I/O error to the reader.',
    ),
    OnError: single(
      choice('error', 'panic', 'restart'),
      'error',
      'What the kernel does when the disk cannot read a block of /usr or of its hash tree: an I/O error to the reader, panic, or restart (Linux 6.12; with dm-create or dmsetup).',
    ),
  },
  FullInitrd: {
    Source: single(
      choice('image', 'thin', 'usr'),
      'image',
      "Where the files of the full initrd come from: `image`, an image file in /usr; `thin`, an image without data for the files that /usr has too; `usr`, the system's own /usr, with an /etc that is made for it.",
    ),
    Thin: single(
      choice('overlay', 'links'),
      'overlay',
      'How a thin image names a file of /usr: `overlay`, overlayfs reads its data from there, and the tree looks as before (Linux 6.5); `links`, a symbolic link to it.',
    ),
    Image: single(
      usrPath,
      '/usr/lib/bootrelay/initrd.img',
      'The image file, as a path of the running system.',
    ),
    FileSystem: single(choice('squashfs', 'erofs'), 'erofs', 'File system of the image.'),
    Compression: single(
      choice('auto', 'zstd', 'xz', 'gzip', 'lz4', 'lz4hc', 'none'),
      'auto',
      'Compression of the image: zstd, xz, gzip or lz4 for squashfs; lz4hc, zstd (Linux 6.10) or none for erofs. `auto`: zstd and lz4hc.',
    ),
    BlockSize: single(
      imageBlockSize,
      'auto',
      'Bytes of the image that are compressed together. `auto`: 128K for squashfs, 64K for erofs.',
    ),
    Writable: single(
      boolean,
      'yes',
      'A tmpfs overlay above the image makes the root of the full initrd writable, which dracut wants.',
    ),
    SizeBudget: single(
      size,
      '0',
      'Largest size of the image in /usr; a larger one fails `pack`, and `build --image`. 0: no limit.',
    ),
    TmpfsSize: single(
      memorySize,
      '50%',
      'Size limit of what the full initrd writes: the overlay above the image, or the root in memory.',
    ),
    Init: single(plainPath, '/init', 'Program of the full initrd that switch_root starts.'),
    Target: single(
      unitName,
      'initrd.target',
      'With Source=usr: what `systemctl default` means in the full initrd. systemd itself starts initrd.target in an initrd.',
    ),
    Mask: list(
      unitName,
      [],
      'With Source=usr: a unit of the system that must not run in the full initrd, besides those that `bootrelay explain` names.',
    ),
    Unmask: list(
      unitName,
      [],
      'With Source=usr: a unit that bootrelay masks or changes by itself, to be left as the system has it.',
    ),
    DropIns: list(
      unitSetting,
      [],
      'With Source=usr: a setting to add to a unit of the system in the full initrd, such as `systemd-modules-load.service Service.TimeoutStartSec=5s`.',
    ),
    Users: list(
      account,
      ['nobody:65534'],
      'With Source=usr: a user, besides root, that the full initrd knows.',
    ),
    Groups: list(
      account,
      groupsOfUdev,
      "With Source=usr: a group, besides root, that the full initrd knows: those of udev's rules. The system's own udev sets devices anew.",
    ),
    ExtraFiles: list(
      plainPath,
      [],
      'With Source=usr: a file or directory of the sysroot, outside /usr, to copy into the full initrd at the same path, such as /etc/modprobe.d.',
    ),
    CarryOver: list(
      plainPath,
      ['/.extra'],
      'A path of the initramfs to copy into the full initrd if it exists. systemd-stub puts credentials and extensions into /.extra.',
    ),
  },
  Emergency: {
    Action: single(
      choice('reboot', 'poweroff', 'halt', 'panic'),
      'reboot',
      'What happens when a step of stage 1 fails, or when the check of /usr in the full initrd does.',
    ),
    Delay: single(
      timeSpan,
      '10s',
      'How long the reason stays on the console before the action; the console counts down.',
    ),
    PanicTimeout: single(
      wholeSeconds,
      '10s',
      'With Action=reboot: when the machine restarts after a kernel panic, in stage 1 or later, where the kernel itself would stand still for ever (`panic=0`, its default): a block of /usr that does not match, an init that cannot be started. Without it no boot loader could fall back to the other slot. 0: left to the kernel.',
    ),
    Shell: single(
      choice('never', 'password', 'always'),
      'never',
      'Whether Enter on the console opens a root shell during Delay: `never`, and there is none in the minimal initrd; `password`, after the password of PasswordHash, with three tries in a minute; `always`, to whoever holds the keyboard. The action follows when it ends.',
    ),
    PasswordHash: secret(
      optional(
        passwordHash,
        'The password of Shell=password, as `openssl passwd -6` prints it. It is in the minimal initrd: whoever can read /boot can guess at it.',
      ),
    ),
    Debug: single(
      boolean,
      'no',
      'For development: a trace of every command, and shells without a password before the steps that KernelCommandLine.Break names. `check` refuses it unless told `--allow debug-enabled`.',
    ),
  },
  KernelCommandLine: {
    Override: single(
      boolean,
      'yes',
      'Parameters of the kernel command line override the settings they stand for. `no`: they are ignored, except RootHash.',
    ),
    UsrDevice: single(
      parameterName,
      'mount.usr',
      'Parameter for Usr.Device. The value /dev/mapper/NAME, as systemd wants it, leaves the partition as set.',
    ),
    UsrFileSystem: single(parameterName, 'mount.usrfstype', 'Parameter for Usr.FileSystem.'),
    UsrOptions: single(parameterName, 'mount.usrflags', 'Parameter for Usr.Options.'),
    DataDevice: single(
      parameterName,
      'systemd.verity_usr_data',
      'Parameter for Verity.DataDevice, where the platform sets that; UsrDevice is not read then.',
    ),
    HashDevice: single(
      parameterName,
      'systemd.verity_usr_hash',
      'Parameter for Verity.HashDevice, where the platform sets that.',
    ),
    FecDevice: single(
      parameterName,
      'bootrelay.usr_fec',
      'Parameter for Verity.FecDevice, where the platform sets that: each slot has its own.',
    ),
    RootHash: single(
      parameterName,
      'usrhash',
      'Parameter that carries the root hash, with Verity.RootHash=command-line.',
    ),
    Break: single(
      parameterName,
      'bootrelay.break',
      'Parameter with the steps, separated by commas, before which Emergency.Debug=yes opens a shell; `all` for each.',
    ),
  },
} as const satisfies Record<string, Record<string, AnySetting>>;

type Settings = typeof settings;

type ValueOf<S> =
  S extends SingleSetting<infer T>
    ? T
    : S extends ListSetting<infer T>
      ? readonly T[]
      : S extends OptionalSetting<infer T>
        ? T | undefined
        : never;

/** The values of all settings: `config.Usr.Device` is what `[Usr] Device=` says. */
export type PlatformSettings = {
  readonly [S in keyof Settings]: { readonly [K in keyof Settings[S]]: ValueOf<Settings[S][K]> };
};

/** A setting as `Section.Key`. */
export type SettingName = {
  [S in keyof Settings & string]: `${S}.${keyof Settings[S] & string}`;
}[keyof Settings & string];

export interface SettingRow {
  readonly section: string;
  readonly key: string;
  readonly name: SettingName;
  readonly setting: AnySetting;
}

/** The table as rows, in its own order. */
export const settingRows: readonly SettingRow[] = Object.entries(settings).flatMap(([section, keys]) =>
  Object.entries(keys).map(([key, setting]) => ({
    section,
    key,
    name: `${section}.${key}` as SettingName,
    setting: setting as AnySetting,
  })),
);

const rowsByName = new Map<string, SettingRow>(settingRows.map((row) => [row.name, row]));

export function findSetting(section: string, key: string): SettingRow | undefined {
  return rowsByName.get(`${section}.${key}`);
}

export const sectionNames: readonly string[] = Object.keys(settings);

export function keysOfSection(section: string): readonly string[] {
  return settingRows.filter((row) => row.section === section).map(({ key }) => key);
}
