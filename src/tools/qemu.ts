/** The arguments of QEMU. */
import type { ProgramName } from './programs.ts';
import type { Command } from './run.ts';
import { tpmSocket } from './swtpm.ts';

export type Accelerator = 'kvm' | 'tcg';

interface Machine {
  readonly program: ProgramName;
  readonly machine: string;
  readonly console: string;
  /** UEFI, as Debian's packages ovmf and qemu-efi-aarch64 have it. systemd measures only where UEFI tells it of the TPM. */
  readonly firmware: { readonly code: string; readonly variables: string };
  readonly tpm: string;
}

const machines = {
  'x86-64': {
    program: 'qemu-system-x86_64',
    machine: 'q35',
    console: 'ttyS0',
    firmware: { code: '/usr/share/OVMF/OVMF_CODE_4M.fd', variables: '/usr/share/OVMF/OVMF_VARS_4M.fd' },
    tpm: 'tpm-tis',
  },
  arm64: {
    program: 'qemu-system-aarch64',
    machine: 'virt',
    console: 'ttyAMA0',
    firmware: { code: '/usr/share/AAVMF/AAVMF_CODE.fd', variables: '/usr/share/AAVMF/AAVMF_VARS.fd' },
    tpm: 'tpm-tis-device',
  },
} as const satisfies Record<string, Machine>;

export type Architecture = keyof typeof machines;

/** Ways to attach a disk to QEMU's q35 and virt machines. To a SCSI bus disks can be plugged while the machine runs. */
const diskBuses = {
  'virtio-blk': { controller: [], disk: () => 'virtio-blk-pci' },
  'virtio-scsi': { controller: ['-device', 'virtio-scsi-pci,id=scsi'], disk: () => 'scsi-hd' },
  nvme: { controller: [], disk: (index: number) => `nvme,serial=bootrelay${index}` },
  ahci: { controller: ['-device', 'ahci,id=ahci'], disk: (index: number) => `ide-hd,bus=ahci.${index}` },
  usb: { controller: ['-device', 'qemu-xhci'], disk: () => 'usb-storage' },
} as const;

export type DiskBus = keyof typeof diskBuses;

/** A raw disk image; the guest's writes to it are thrown away. */
export interface GuestDisk {
  readonly file: string;
  /** The byte whose sector cannot be read (docs/devel/blkdebug of QEMU). */
  readonly unreadableAt?: number;
  /** QEMU knows the disk from the start, and it is plugged in later, with plugArguments(). */
  readonly unplugged?: boolean;
}

export interface GuestOptions {
  readonly architecture: Architecture;
  readonly accelerator: Accelerator;
  readonly kernel: string;
  /** The initrd; none for a probe that only waits for the kernel to start. */
  readonly initrd?: string;
  readonly commandLine: string;
  readonly disks: readonly GuestDisk[];
  /** What the disks are attached to; by default virtio-blk. */
  readonly diskBus?: DiskBus | undefined;
  /** The machine's memory in MiB. */
  readonly memory: number;
  /** A file with the machine's memory, which the next guest finds as this one left it: as behind a warm reboot. */
  readonly memoryFile?: string | undefined;
  /** What starts the kernel: by default QEMU itself. A TPM needs UEFI. */
  readonly firmware?: 'uefi' | undefined;
  /** Directory of a TPM of its own, made by swtpm. */
  readonly tpm?: string | undefined;
  /** Where QEMU makes the socket of its control protocol, QMP. */
  readonly control?: string | undefined;
}

/** A guest whose first serial port is standard output, and that ends QEMU when it reboots or powers off. */
export function guestArgs(options: GuestOptions): Command {
  const { program, machine, firmware, tpm } = machines[options.architecture];
  const cpu = options.accelerator === 'kvm' ? 'host' : 'max';
  const bus = diskBuses[options.diskBus ?? 'virtio-blk'];
  const drives = options.disks.flatMap((disk, index) => [
    ...['-drive', `${imageArgument(disk)},if=none,id=disk${index},format=raw,snapshot=on`],
    ...(disk.unplugged ? [] : ['-device', `${bus.disk(index)},drive=disk${index},id=device${index}`]),
  ]);
  return {
    program,
    args: [
      ...['-machine', `${machine},accel=${options.accelerator}`, '-cpu', cpu, '-m', String(options.memory)],
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
        '-no-reboot',
      ],
      ...['-kernel', options.kernel, ...(options.initrd === undefined ? [] : ['-initrd', options.initrd])],
      ...['-append', options.commandLine, ...bus.controller, ...drives],
      ...(options.tpm !== undefined || options.firmware === 'uefi' ? firmwareArgs(firmware) : []),
      ...(options.tpm === undefined ? [] : tpmArgs(options.tpm, tpm)),
      ...(options.control === undefined
        ? []
        : ['-qmp', `unix:${options.control.replaceAll(',', ',,')},server=on,wait=off`]),
    ],
  };
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

function firmwareArgs({ code, variables }: Machine['firmware']): readonly string[] {
  return [
    ...['-drive', `if=pflash,unit=0,format=raw,readonly=on,file=${code}`],
    ...['-drive', `if=pflash,unit=1,format=raw,snapshot=on,file=${variables}`],
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
