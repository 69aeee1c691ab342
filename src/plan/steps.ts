/** The steps of stage 1: each function makes one from the settings. What a step prints is in `data`. */

import { verityDevicePath } from '../config/rules.ts';
import type { PlatformSettings, SettingName } from '../config/settings.ts';
import type { PlatformConfig } from '../config/validate.ts';
import { type DeviceIdentifier, formatDevice } from '../config/value-types.ts';
import type { ModuleNeed, Needs, ProgramNeed, Sourced, Step } from './boot-plan.ts';
import { sourced, sourceOf } from './source.ts';

const nothing: Needs = { modules: [], kernelOptions: [], programs: [], deviceNodes: [], directories: [] };

function applets(...names: readonly string[]): readonly ProgramNeed[] {
  return names.map((applet) => ({ applet }));
}

function modules(...names: readonly string[]): readonly ModuleNeed[] {
  return names.map((name) => ({ name, optional: false }));
}

/** A shell variable of the rendered /init that holds a setting. */
export interface Variable extends Sourced<string | number> {
  readonly variable: string;
}

function variable(
  config: PlatformConfig,
  name: string,
  setting: SettingName,
  value: string | number | undefined,
): Variable {
  return { variable: name, ...sourced(config, setting, value ?? '') };
}

const kernelOptionOfCompression = { zstd: ['RD_ZSTD'], xz: ['RD_XZ'], gzip: ['RD_GZIP'], none: [] } as const;

export function mountKernelFileSystems({ settings }: PlatformConfig): Step {
  return {
    name: 'mount-kernel-filesystems',
    explanation: [
      'Mounts /proc, /sys, /dev and /run. From here on every step writes its name to the kernel log.',
    ],
    needs: {
      ...nothing,
      kernelOptions: [
        'DEVTMPFS',
        'TMPFS',
        'PROC_FS',
        'SYSFS',
        'BLK_DEV_INITRD',
        'BINFMT_SCRIPT',
        'BINFMT_ELF',
        ...kernelOptionOfCompression[settings.Initrd.Compression],
      ],
      programs: applets('sh', 'mount', 'sleep'),
      directories: ['/proc', '/sys', '/dev', '/run'],
      // Before devtmpfs is mounted: where the kernel opens /init's output, and where the first step logs.
      deviceNodes: [
        { path: '/dev/console', major: 5, minor: 1, mode: 0o600 },
        { path: '/dev/kmsg', major: 1, minor: 11, mode: 0o644 },
      ],
    },
    uses: [],
    provides: ['kernel file systems', 'kernel log'],
    failures: ['/proc, /sys, /dev or /run cannot be mounted'],
    data: {},
  };
}

export interface CommandLineData {
  readonly override: boolean;
  readonly parameters: {
    readonly usrDevice: string;
    readonly usrFileSystem: string;
    readonly usrOptions: string;
    readonly hashDevice: string;
    readonly rootHash: string;
  };
  readonly readsRootHash: boolean;
  readonly separateHash: boolean;
  readonly verityDevice: string;
  readonly fileSystem: string;
}

/** True where the platform listens to the kernel command line at all. */
export function readsCommandLine({ KernelCommandLine, Verity }: PlatformSettings): boolean {
  return KernelCommandLine.Override || readsRootHash({ Verity });
}

function readsRootHash({ Verity }: Pick<PlatformSettings, 'Verity'>): boolean {
  return Verity.Verity === 'required' && Verity.RootHash === 'command-line';
}

export function readKernelCommandLine(config: PlatformConfig): Step<CommandLineData> {
  const { KernelCommandLine, Usr, Verity } = config.settings;
  const { Override } = KernelCommandLine;
  const verity = Verity.Verity === 'required';
  const parameters = {
    usrDevice: verity && Verity.DataDevice ? KernelCommandLine.DataDevice : KernelCommandLine.UsrDevice,
    usrFileSystem: KernelCommandLine.UsrFileSystem,
    usrOptions: KernelCommandLine.UsrOptions,
    hashDevice: KernelCommandLine.HashDevice,
    rootHash: KernelCommandLine.RootHash,
  };
  const overriding = [parameters.usrDevice, parameters.usrFileSystem, parameters.usrOptions];
  const listened = [
    ...(Override ? overriding : []),
    ...(Override && verity && Verity.HashDevice ? [parameters.hashDevice] : []),
    ...(readsRootHash(config.settings) ? [parameters.rootHash] : []),
  ];
  return {
    name: 'read-kernel-command-line',
    explanation: [
      `Takes ${listened.map((name) => `${name}=`).join(', ')} from the kernel command line, by the kernel's own quoting rules. Of several the last one wins.`,
    ],
    needs: { ...nothing, programs: applets('grep', 'sed') },
    uses: ['kernel file systems'],
    provides: ['command line values'],
    failures: [
      ...(Override
        ? [`${parameters.usrFileSystem}= asks for another file system than ${Usr.FileSystem}`]
        : []),
      ...(readsRootHash(config.settings)
        ? [`${parameters.rootHash}= is missing, empty, not hexadecimal or of the wrong length`]
        : []),
    ],
    data: {
      override: Override,
      parameters,
      readsRootHash: readsRootHash(config.settings),
      separateHash: verity && Verity.HashDevice !== undefined,
      verityDevice: verityDevicePath(config.settings),
      fileSystem: Usr.FileSystem,
    },
  };
}

export function loadModules(config: PlatformConfig): Step {
  const listed = config.settings.Modules.Modules.map((entry) => ({
    name: entry.replace(/^-/, ''),
    optional: entry.startsWith('-'),
  }));
  return {
    name: 'load-modules',
    explanation: [
      'Loads kernel modules in the order that the build worked out from their dependencies: disk drivers, file systems, device mapper.',
    ],
    needs: { ...nothing, modules: listed, programs: applets('insmod') },
    uses: ['kernel log'],
    provides: ['disk drivers'],
    failures: ['the kernel refuses a required module'],
    data: {},
  };
}

export interface FindData {
  /** Which kinds of device names this initrd understands. */
  readonly byPath: boolean;
  readonly byPartitionLabel: boolean;
  /** Tags that blkid looks up. */
  readonly byBlkid: readonly string[];
  readonly separateHash: boolean;
  readonly variables: readonly Variable[];
}

export function findUsrPartition(config: PlatformConfig): Step<FindData> {
  const { Usr, Verity, Devices, KernelCommandLine } = config.settings;
  const verity = Verity.Verity === 'required';
  const named = [
    verity && Verity.DataDevice ? Verity.DataDevice : Usr.Device,
    verity ? Verity.HashDevice : undefined,
  ];
  const set = named.flatMap((device) => (device ? [device.by] : []));
  const understood = new Set<DeviceIdentifier>([
    ...set,
    ...(KernelCommandLine.Override ? Devices.FindBy : []),
  ]);
  const byBlkid = (['LABEL', 'UUID', 'PARTUUID'] as const).filter((by) => understood.has(by));
  const [data, hash] = named;
  const dataSetting = verity && Verity.DataDevice ? 'Verity.DataDevice' : 'Usr.Device';
  const dataVariable = variable(config, 'usr_device', dataSetting, data && formatDevice(data));
  const hashVariable = variable(config, 'hash_device', 'Verity.HashDevice', hash && formatDevice(hash));
  return {
    name: 'find-usr-partition',
    explanation: [
      `Waits up to ${Devices.Timeout} s for ${data ? formatDevice(data) : 'the partition'} to appear. Exactly one device must match; names are compared whole.`,
      ...(hash ? [`The hash tree is on ${formatDevice(hash)}, found the same way.`] : []),
    ],
    needs: {
      ...nothing,
      kernelOptions: ['BLOCK', 'EFI_PARTITION'],
      programs: [
        ...applets('sleep', 'grep', 'sed'),
        ...(byBlkid.length > 0 ? [{ program: '/usr/sbin/blkid' }] : []),
      ],
    },
    uses: [
      'kernel file systems',
      'disk drivers',
      ...(KernelCommandLine.Override ? (['command line values'] as const) : []),
    ],
    provides: ['data partition', 'hash partition', ...(verity ? [] : (['usr device'] as const))],
    failures: ['no device matches within the time limit', 'more than one device matches'],
    data: {
      byPath: understood.has('path'),
      byPartitionLabel: understood.has('PARTLABEL'),
      byBlkid,
      separateHash: hash !== undefined,
      variables: [
        dataVariable,
        ...(hash ? [hashVariable] : []),
        variable(config, 'device_timeout', 'Devices.Timeout', Math.ceil(Devices.Timeout)),
      ],
    },
  };
}

export interface VerityData {
  readonly name: string;
  readonly devicePath: string;
  readonly fileSystem: string;
  readonly hashOffset: number | 'auto';
  /** The hash tree is on a partition of its own, not behind the file system. */
  readonly separateHash: boolean;
  readonly hashOffsetWhere: string;
  readonly veritysetup: boolean;
  /** Target option of dm-verity after the first check; none for `error`. */
  readonly corruptionOption: string | undefined;
  /** The same for veritysetup. */
  readonly corruptionFlag: string | undefined;
  readonly rootHashFromCommandLine: boolean;
  readonly variables: readonly Variable[];
}

const corruptionOptions = {
  panic: { option: 'panic_on_corruption', flag: '--panic-on-corruption' },
  restart: { option: 'restart_on_corruption', flag: '--restart-on-corruption' },
  error: { option: undefined, flag: undefined },
} as const;

/** Modules that make sha256 faster, by architecture. Kernels from 6.16 on have them inside the library. */
const hashAccelerators = { 'x86-64': 'sha256-ssse3', arm64: 'sha2-ce' } as const;

export function setUpVerity(config: PlatformConfig): Step<VerityData> {
  const { Verity, Usr, Platform, KernelCommandLine } = config.settings;
  const fromCommandLine = Verity.RootHash === 'command-line';
  const tool = Verity.Tool;
  const corruption = corruptionOptions[Verity.OnCorruption];
  return {
    name: 'set-up-verity',
    explanation: [
      `Makes ${verityDevicePath(config.settings)} with ${tool}: every block that is read from it is checked against the root hash ${fromCommandLine ? `that ${KernelCommandLine.RootHash}= gives` : 'that is built in'}.`,
      'Reads through the device and requires that the kernel calls it valid, before anything trusts it.',
      `A block that does not match later: ${Verity.OnCorruption}.`,
    ],
    needs: {
      ...nothing,
      modules: [...modules('dm-verity'), { name: hashAccelerators[Platform.Architecture], optional: true }],
      kernelOptions: ['BLK_DEV_DM', 'DM_VERITY', 'CRYPTO_SHA256'],
      programs: [
        ...applets('dd', 'grep', 'ln', 'od', ...(tool === 'dmsetup' ? ['tr'] : [])),
        { program: '/usr/sbin/dmsetup' },
        ...(tool === 'veritysetup' ? [{ program: '/usr/sbin/veritysetup' }] : []),
      ],
    },
    uses: [
      'data partition',
      'hash partition',
      ...(fromCommandLine ? (['command line values'] as const) : []),
    ],
    provides: ['usr device'],
    failures: [
      'there is no verity superblock at the hash offset, or one that this initrd does not understand',
      'the root hash does not match the hash tree',
      'the device mapper refuses the table',
    ],
    data: {
      name: Verity.Name,
      devicePath: verityDevicePath(config.settings),
      fileSystem: Usr.FileSystem,
      hashOffset: Verity.HashDevice && Verity.HashOffset === 'auto' ? 0 : Verity.HashOffset,
      hashOffsetWhere: sourceOf(config, 'Verity.HashOffset'),
      separateHash: Verity.HashDevice !== undefined,
      veritysetup: tool === 'veritysetup',
      corruptionOption: corruption.option,
      corruptionFlag: corruption.flag,
      rootHashFromCommandLine: fromCommandLine,
      variables: [
        fromCommandLine
          ? {
              variable: 'root_hash',
              value: '',
              setting: 'Verity.RootHash',
              where: `from ${KernelCommandLine.RootHash}=`,
            }
          : variable(config, 'root_hash', 'Verity.RootHash', Verity.RootHash),
      ],
    },
  };
}

export interface MountUsrData {
  readonly verity: boolean;
  readonly devicePath: string;
  readonly failure: string;
  readonly fileSystem: string;
  readonly variables: readonly Variable[];
}

const kernelOptionsOfFileSystem = {
  erofs: ['EROFS_FS', 'EROFS_FS_ZIP'],
  btrfs: ['BTRFS_FS'],
  squashfs: ['SQUASHFS', 'SQUASHFS_ZSTD', 'SQUASHFS_XATTR'],
  ext4: ['EXT4_FS'],
} as const;

export function mountUsr(config: PlatformConfig): Step<MountUsrData> {
  const { Usr, Verity, KernelCommandLine } = config.settings;
  const what = Verity.Verity === 'required' ? 'the verity device' : 'the partition';
  return {
    name: 'mount-usr',
    explanation: [`Mounts ${what} read-only at /sysusr/usr, as ${Usr.FileSystem}.`],
    needs: {
      ...nothing,
      modules: modules(Usr.FileSystem),
      kernelOptions: kernelOptionsOfFileSystem[Usr.FileSystem],
      programs: applets('mount'),
      directories: ['/sysusr/usr'],
    },
    uses: ['usr device', ...(KernelCommandLine.Override ? (['command line values'] as const) : [])],
    provides: ['mounted usr'],
    failures: [`the device does not hold a readable ${Usr.FileSystem} file system`],
    data: {
      verity: Verity.Verity === 'required',
      devicePath: verityDevicePath(config.settings),
      failure: 'cannot mount /usr',
      fileSystem: Usr.FileSystem,
      variables: [variable(config, 'usr_options', 'Usr.Options', Usr.Options)],
    },
  };
}

export interface FullInitrdData {
  readonly image: string;
  readonly fileSystem: string;
  readonly writable: boolean;
  readonly tmpfsSize: string;
  readonly variables: readonly Variable[];
}

export function mountFullInitrd(config: PlatformConfig): Step<FullInitrdData> {
  const { Image, FileSystem, Writable, TmpfsSize } = config.settings.FullInitrd;
  return {
    name: 'mount-full-initrd',
    explanation: [
      `Loop-mounts the ${FileSystem} image ${Image}${Writable ? ', with a tmpfs overlay above it so that it can be written to' : ', read-only'}.`,
    ],
    needs: {
      ...nothing,
      modules: modules('loop', FileSystem, ...(Writable ? ['overlay'] : [])),
      kernelOptions: [
        'BLK_DEV_LOOP',
        ...kernelOptionsOfFileSystem[FileSystem],
        ...(Writable ? ['OVERLAY_FS'] : []),
      ],
      programs: applets('mount', ...(Writable ? ['umount', 'mkdir'] : [])),
      directories: ['/full', ...(Writable ? ['/image', '/overlay'] : [])],
    },
    uses: ['mounted usr'],
    provides: ['full initrd root'],
    failures: [
      'the image is not there',
      `the image is not a readable ${FileSystem}`,
      'it has no init program',
    ],
    data: {
      image: Image,
      fileSystem: FileSystem,
      writable: Writable,
      tmpfsSize: TmpfsSize,
      variables: [
        variable(config, 'image', 'FullInitrd.Image', Image),
        ...(Writable ? [variable(config, 'tmpfs_size', 'FullInitrd.TmpfsSize', TmpfsSize)] : []),
        variable(config, 'full_init', 'FullInitrd.Init', config.settings.FullInitrd.Init),
      ],
    },
  };
}

export interface HandOverData {
  readonly move: boolean;
}

export function handOverUsr(config: PlatformConfig): Step<HandOverData> {
  const move = config.settings.Usr.HandOver === 'move';
  return {
    name: 'hand-over-usr',
    explanation: [
      move
        ? 'Moves the mounted /usr into the full initrd, at /sysusr/usr.'
        : 'Bind-mounts the mounted /usr into the full initrd, at /sysusr/usr, and detaches the first mount, so that nothing stays pinned.',
    ],
    needs: { ...nothing, programs: applets('mount', 'mkdir', ...(move ? [] : ['umount'])) },
    uses: ['mounted usr', 'full initrd root'],
    provides: ['usr below full initrd'],
    failures: ['the full initrd has no /sysusr/usr and cannot be written to', 'the mount fails'],
    data: { move },
  };
}

export interface CarryOverData {
  readonly paths: readonly string[];
  readonly where: string;
}

export function carryOver(config: PlatformConfig): Step<CarryOverData> {
  const paths = config.settings.FullInitrd.CarryOver;
  return {
    name: 'carry-over',
    explanation: [
      `Copies ${paths.join(', ')} of the initramfs into the full initrd, where they exist: the boot loader may have put credentials and extensions there.`,
    ],
    needs: { ...nothing, programs: applets('cp', 'mkdir') },
    uses: ['full initrd root'],
    provides: [],
    failures: ['the overlay is full'],
    data: { paths, where: `FullInitrd.CarryOver (${sourceOf(config, 'FullInitrd.CarryOver')})` },
  };
}

export interface SwitchRootData {
  readonly verity: boolean;
  readonly separateHash: boolean;
  readonly verityName: string;
}

export function switchRoot(config: PlatformConfig): Step<SwitchRootData> {
  const { Verity, FullInitrd } = config.settings;
  return {
    name: 'switch-root',
    explanation: [
      'Writes what happened to /run/bootrelay/handover, for the full initrd and the system.',
      `Moves /dev, /proc, /sys and /run into the full initrd, deletes the minimal one from memory and starts ${FullInitrd.Init}.`,
    ],
    needs: { ...nothing, programs: applets('cat', 'mkdir', 'mount', 'switch_root') },
    uses: ['kernel file systems', 'full initrd root', 'usr below full initrd'],
    provides: ['running full initrd'],
    failures: [`the full initrd has no mount points, or ${FullInitrd.Init} cannot be started`],
    data: {
      verity: Verity.Verity === 'required',
      separateHash: Verity.HashDevice !== undefined,
      verityName: Verity.Name,
    },
  };
}

/** What the emergency action needs, whichever step fails. */
export function emergencyNeeds(action: 'reboot' | 'poweroff' | 'halt' | 'panic'): readonly ProgramNeed[] {
  return action === 'panic' ? applets('sleep') : applets('sleep', action);
}
