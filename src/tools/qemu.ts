/** QEMU, as arguments. */
import type { ProgramName } from './programs.ts';
import type { Command } from './run.ts';
import { tpmSocket } from './swtpm.ts';

export type Accelerator = 'kvm' | 'tcg';

interface Machine {
  readonly program: ProgramName;
  readonly machine: string;
  readonly console: string;
}

const machines = {
  'x86-64': { program: 'qemu-system-x86_64', machine: 'q35', console: 'ttyS0' },
  arm64: { program: 'qemu-system-aarch64', machine: 'virt', console: 'ttyAMA0' },
} as const satisfies Record<string, Machine>;

export type Architecture = keyof typeof machines;

/** Ways to attach a disk to QEMU's q35 and virt machines. */
const diskBuses = {
  'virtio-blk': { controller: [], disk: () => 'virtio-blk-pci' },
  'virtio-scsi': { controller: ['-device', 'virtio-scsi-pci'], disk: () => 'scsi-hd' },
  nvme: { controller: [], disk: (index: number) => `nvme,serial=bootrelay${index}` },
  ahci: { controller: ['-device', 'ahci,id=ahci'], disk: (index: number) => `ide-hd,bus=ahci.${index}` },
  usb: { controller: ['-device', 'qemu-xhci'], disk: () => 'usb-storage' },
} as const;

export type DiskBus = keyof typeof diskBuses;

export interface GuestOptions {
  readonly architecture: Architecture;
  readonly accelerator: Accelerator;
  readonly kernel: string;
  /** None for a probe that only wants to see the kernel start. */
  readonly initrd?: string;
  readonly commandLine: string;
  /** Raw disk images; the guest's writes are thrown away. */
  readonly disks: readonly string[];
  /** What the disks are attached to; virtio-blk unless told. */
  readonly diskBus?: DiskBus | undefined;
  /** MiB. */
  readonly memory: number;
  /** Directory of a TPM of its own, made by swtpm. */
  readonly tpm?: string | undefined;
}

/** A guest whose first serial port is standard output, and that ends QEMU when it reboots or powers off. */
export function guestArgs(options: GuestOptions): Command {
  const { program, machine } = machines[options.architecture];
  const cpu = options.accelerator === 'kvm' ? 'host' : 'max';
  const bus = diskBuses[options.diskBus ?? 'virtio-blk'];
  const drives = options.disks.flatMap((disk, index) => [
    '-drive',
    `file=${disk.replaceAll(',', ',,')},if=none,id=disk${index},format=raw,snapshot=on`,
    '-device',
    `${bus.disk(index)},drive=disk${index}`,
  ]);
  return {
    program,
    args: [
      ...['-machine', `${machine},accel=${options.accelerator}`, '-cpu', cpu, '-m', String(options.memory)],
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
      ...(options.tpm === undefined ? [] : tpmArgs(options.tpm)),
    ],
  };
}

/** Debian's package ovmf. systemd measures only where UEFI firmware tells it of the TPM. */
const firmware = { code: '/usr/share/OVMF/OVMF_CODE_4M.fd', variables: '/usr/share/OVMF/OVMF_VARS_4M.fd' };

function tpmArgs(directory: string): readonly string[] {
  return [
    ...['-drive', `if=pflash,unit=0,format=raw,readonly=on,file=${firmware.code}`],
    ...['-drive', `if=pflash,unit=1,format=raw,snapshot=on,file=${firmware.variables}`],
    ...['-chardev', `socket,id=tpm,path=${tpmSocket(directory)}`],
    ...['-tpmdev', 'emulator,id=tpm0,chardev=tpm', '-device', 'tpm-tis,tpmdev=tpm0'],
  ];
}

/** The guest's serial console, as console= names it. */
export function consoleDevice(architecture: Architecture): string {
  return machines[architecture].console;
}
