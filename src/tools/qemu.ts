/** The arguments of QEMU. */
import { existsSync } from 'node:fs';
import { ToolError } from '../errors.ts';
import type { ProgramName } from './programs.ts';
import type { DiskFormat } from './qemu-img.ts';
import type { Command } from './run.ts';
import { tpmSocket } from './swtpm.ts';

export type Accelerator = 'kvm' | 'tcg';

export interface Firmware {
  readonly code: string;
  /** Variables as they are at first. */
  readonly variables: string;
}

interface Machine {
  readonly program: ProgramName;
  readonly machine: string;
  readonly console: string;
  /**
   * UEFI, as packages have it: Debian's ovmf and qemu-efi-aarch64, then those of Fedora, Arch Linux and openSUSE. systemd
   * measures only where UEFI tells it of the TPM.
   */
  readonly firmware: readonly [Firmware, ...Firmware[]];
  /** The same with Secure Boot. It protects its variables by the system management mode; none for the other architecture. */
  readonly secureFirmware: readonly Firmware[];
  /** The package of Debian. */
  readonly firmwarePackage: string;
  readonly tpm: string;
}

const machines = {
  'x86-64': {
    program: 'qemu-system-x86_64',
    machine: 'q35',
    console: 'ttyS0',
    firmware: [
      { code: '/usr/share/OVMF/OVMF_CODE_4M.fd', variables: '/usr/share/OVMF/OVMF_VARS_4M.fd' },
      { code: '/usr/share/edk2/ovmf/OVMF_CODE.fd', variables: '/usr/share/edk2/ovmf/OVMF_VARS.fd' },
      { code: '/usr/share/edk2/x64/OVMF_CODE.4m.fd', variables: '/usr/share/edk2/x64/OVMF_VARS.4m.fd' },
      {
        code: '/usr/share/qemu/ovmf-x86_64-4m-code.bin',
        variables: '/usr/share/qemu/ovmf-x86_64-4m-vars.bin',
      },
    ],
    secureFirmware: [
      { code: '/usr/share/OVMF/OVMF_CODE_4M.secboot.fd', variables: '/usr/share/OVMF/OVMF_VARS_4M.fd' },
      { code: '/usr/share/edk2/ovmf/OVMF_CODE.secboot.fd', variables: '/usr/share/edk2/ovmf/OVMF_VARS.fd' },
      {
        code: '/usr/share/edk2/x64/OVMF_CODE.secboot.4m.fd',
        variables: '/usr/share/edk2/x64/OVMF_VARS.4m.fd',
      },
      {
        code: '/usr/share/qemu/ovmf-x86_64-smm-code.bin',
        variables: '/usr/share/qemu/ovmf-x86_64-smm-vars.bin',
      },
    ],
    firmwarePackage: 'ovmf',
    tpm: 'tpm-tis',
  },
  arm64: {
    program: 'qemu-system-aarch64',
    machine: 'virt',
    console: 'ttyAMA0',
    firmware: [
      { code: '/usr/share/AAVMF/AAVMF_CODE.fd', variables: '/usr/share/AAVMF/AAVMF_VARS.fd' },
      {
        code: '/usr/share/edk2/aarch64/QEMU_EFI-pflash.raw',
        variables: '/usr/share/edk2/aarch64/vars-template-pflash.raw',
      },
      {
        code: '/usr/share/qemu/aavmf-aarch64-code.bin',
        variables: '/usr/share/qemu/aavmf-aarch64-vars.bin',
      },
    ],
    secureFirmware: [],
    firmwarePackage: 'qemu-efi-aarch64',
    tpm: 'tpm-tis-device',
  },
} as const satisfies Record<string, Machine>;

export type Architecture = keyof typeof machines;

export type FirmwareKind = 'uefi' | 'secure-boot';

/** Ways to attach a disk to QEMU's q35 and virt machines. To a SCSI bus disks can be plugged while the machine runs. */
const diskBuses = {
  'virtio-blk': { controller: [], disk: () => 'virtio-blk-pci' },
  'virtio-scsi': { controller: ['-device', 'virtio-scsi-pci,id=scsi'], disk: () => 'scsi-hd' },
  nvme: { controller: [], disk: (index: number) => `nvme,serial=bootrelay${index}` },
  ahci: { controller: ['-device', 'ahci,id=ahci'], disk: (index: number) => `ide-hd,bus=ahci.${index}` },
  usb: { controller: ['-device', 'qemu-xhci'], disk: () => 'usb-storage' },
} as const;

export type DiskBus = keyof typeof diskBuses;

/** A disk image; the guest's writes to it are thrown away. */
export interface GuestDisk {
  readonly file: string;
  /** By default raw. */
  readonly format?: DiskFormat;
  /** The byte whose sector cannot be read (docs/devel/blkdebug of QEMU). */
  readonly unreadableAt?: number;
  /** Firmware tries it first, and no other: by default it tries them in their order. */
  readonly boots?: boolean;
  /** QEMU knows the disk from the start, and it is plugged in later, with plugArguments(). */
  readonly unplugged?: boolean;
}

export interface GuestOptions {
  readonly architecture: Architecture;
  readonly accelerator: Accelerator;
  /** None where the firmware starts what is on the disk, with its own initrd and command line. */
  readonly kernel: string | undefined;
  /** The initrd; none for a probe that only waits for the kernel to start, or for a kernel that has its own. */
  readonly initrd?: string | undefined;
  readonly commandLine: string;
  readonly disks: readonly GuestDisk[];
  /** What the disks are attached to; by default virtio-blk. */
  readonly diskBus?: DiskBus | undefined;
  /** The machine's memory in MiB. */
  readonly memory: number;
  /** A file with the machine's memory, which the next guest finds as this one left it: as behind a warm reboot. */
  readonly memoryFile?: string | undefined;
  /** What starts the kernel: by default QEMU itself. A TPM needs UEFI. */
  readonly firmware?: FirmwareKind | undefined;
  /** The variables of the firmware, a file that stays as it is; by default those of its package. */
  readonly variables?: string | undefined;
  /** Go on when the guest reboots: by default that ends QEMU. What it wrote to its disks and variables is still there then. */
  readonly reboots?: boolean | undefined;
  /** Texts that the guest reads in its SMBIOS (type 11), such as systemd's credentials. On arm64 they need UEFI. */
  readonly oemStrings?: readonly string[] | undefined;
  /** Directory of a TPM of its own, made by swtpm. */
  readonly tpm?: string | undefined;
  /** Where QEMU makes the socket of its control protocol, QMP. */
  readonly control?: string | undefined;
}

/** A guest whose first serial port is standard output, and that ends QEMU when it reboots or powers off. */
export function guestArgs(options: GuestOptions): Command {
  const { program, machine, tpm } = machines[options.architecture];
  const secure = options.firmware === 'secure-boot';
  const cpu = options.accelerator === 'kvm' ? 'host' : 'max';
  const bus = diskBuses[options.diskBus ?? 'virtio-blk'];
  const drives = options.disks.flatMap((disk, index) => [
    ...[
      '-drive',
      `${imageArgument(disk)},if=none,id=disk${index},format=${disk.format ?? 'raw'},snapshot=on`,
    ],
    ...(disk.unplugged
      ? []
      : ['-device', `${deviceArgument(bus.disk(index), index)}${bootOrder(index, options)}`]),
  ]);
  return {
    program,
    args: [
      ...['-machine', `${machine}${secure ? ',smm=on' : ''},accel=${options.accelerator}`],
      ...['-cpu', cpu, '-m', String(options.memory)],
      ...(options.memoryFile === undefined ? [] : memoryFileArgs(options.memoryFile, options.memory)),
      ...[
        '-nodefaults',
        '-no-user-config',
        '-display',
        'none',
        '-monitor',
        'none',
        '-serial',
        'stdio',
        ...(options.reboots ? [] : ['-no-reboot']),
      ],
      ...kernelArgs(options),
      ...[...bus.controller, ...drives],
      ...(options.tpm !== undefined || options.firmware !== undefined ? firmwareArgs(options) : []),
      ...(options.oemStrings ?? []).flatMap((text) => [
        '-smbios',
        `type=11,value=${text.replaceAll(',', ',,')}`,
      ]),
      ...(options.tpm === undefined ? [] : tpmArgs(options.tpm, tpm)),
      ...(options.control === undefined
        ? []
        : ['-qmp', `unix:${options.control.replaceAll(',', ',,')},server=on,wait=off`]),
    ],
  };
}

function kernelArgs({ kernel, initrd, commandLine }: GuestOptions): readonly string[] {
  if (kernel === undefined) return [];
  return ['-kernel', kernel, ...(initrd === undefined ? [] : ['-initrd', initrd]), '-append', commandLine];
}

function deviceArgument(device: string, index: number): string {
  return `${device},drive=disk${index},id=device${index}`;
}

/** What firmware tries in vain is in its TPM too: it gets an order of those alone that it shall start. */
function bootOrder(index: number, { kernel, disks }: GuestOptions): string {
  const chosen = disks.some(({ boots }) => boots);
  return kernel === undefined && (!chosen || disks[index]?.boots) ? `,bootindex=${index}` : '';
}

function memoryFileArgs(file: string, size: number): readonly string[] {
  const backend = `memory-backend-file,id=ram,size=${size}M,mem-path=${file.replaceAll(',', ',,')},share=on`;
  return ['-object', backend, '-machine', 'memory-backend=ram'];
}

function imageArgument({ file, unreadableAt }: GuestDisk): string {
  const name = file.replaceAll(',', ',,');
  if (unreadableAt === undefined) return `file=${name}`;
  const error = 'file.inject-error.0';
  return [
    `file.driver=blkdebug,file.image.driver=file,file.image.filename=${name}`,
    `${error}.event=none,${error}.iotype=read,${error}.errno=5,${error}.sector=${Math.floor(unreadableAt / 512)}`,
  ].join(',');
}

/** Arguments of QMP's device_add for the disk of that number. */
export function plugArguments(bus: DiskBus, index: number): object {
  return { driver: diskBuses[bus].disk(index), drive: `disk${index}`, id: `device${index}` };
}

/** The firmware that is installed. Undefined where none is. */
export function installedFirmware(architecture: Architecture, kind: FirmwareKind): Firmware | undefined {
  const { firmware, secureFirmware }: Machine = machines[architecture];
  const known = kind === 'uefi' ? firmware : secureFirmware;
  return known.find(({ code, variables }) => existsSync(code) && existsSync(variables));
}

/** Throws ToolError, with the package that brings it, where there is no firmware for machines of that kind. */
export function requireFirmware(
  architecture: Architecture,
  kind: FirmwareKind = 'uefi',
  instead = 'start the kernel itself with --kernel',
): void {
  const { firmware, secureFirmware, firmwarePackage }: Machine = machines[architecture];
  if (installedFirmware(architecture, kind)) return;
  const known = kind === 'uefi' ? firmware : secureFirmware;
  if (known.length === 0)
    throw new ToolError(`no firmware with Secure Boot is known for ${architecture}: leave --secure-boot out`);
  throw new ToolError(
    `there is no UEFI firmware for ${architecture} (${known.map(({ code }) => code).join(', ')}): install ${firmwarePackage}, or ${instead}`,
  );
}

function firmwareArgs({ architecture, firmware = 'uefi', variables }: GuestOptions): readonly string[] {
  const installed = installedFirmware(architecture, firmware) ?? machines[architecture].firmware[0];
  return [
    ...['-drive', `if=pflash,unit=0,format=raw,readonly=on,file=${installed.code}`],
    ...['-drive', `if=pflash,unit=1,format=raw,snapshot=on,file=${variables ?? installed.variables}`],
    ...(firmware === 'secure-boot' ? ['-global', 'driver=cfi.pflash01,property=secure,value=on'] : []),
  ];
}

function tpmArgs(directory: string, device: string): readonly string[] {
  return [
    ...['-chardev', `socket,id=tpm,path=${tpmSocket(directory)}`],
    ...['-tpmdev', 'emulator,id=tpm0,chardev=tpm', '-device', `${device},tpmdev=tpm0`],
  ];
}

/** The guest's serial console, as console= names it. */
export function consoleDevice(architecture: Architecture): string {
  return machines[architecture].console;
}
