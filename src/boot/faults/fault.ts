/** A fault that `boot --fault` injects: what is changed about a machine, and how its boot must end. */
import { listenedNames } from '../../config/listened-names.ts';
import type { PlatformSettings } from '../../config/settings.ts';
import type { TreeEntry } from '../../initrd/tree-entry.ts';
import type { ReasonName } from '../../plan/reasons.ts';
import type { StepName } from '../../plan/steps.ts';
import type { DiskBus } from '../../tools/qemu.ts';
import type { Place } from './places.ts';

type Listened = ReturnType<typeof listenedNames>;

/** The names of kernel parameters that the platform listens to; of several for one thing the one that counts first. */
export type ParameterNames = Readonly<Record<keyof Listened, string>>;

export function parameterNamesOf(section: PlatformSettings['KernelCommandLine']): ParameterNames {
  const firsts = Object.entries(listenedNames(section)).map(([key, names]) => [key, [names].flat()[0]]);
  return Object.fromEntries(firsts) as ParameterNames;
}

/** Makes another kernel command line of a sound one; `rootHash` is that of the /usr on the disk. */
export type CommandLineFault = (sound: string, names: ParameterNames, rootHash: string) => string;

/** A moment of the boot: so many seconds after a step begins. */
export interface Moment {
  readonly step: StepName;
  readonly seconds: number;
}

/** A disk of the machine: a copy of the sound disk, except for what is said here. */
export interface FaultDisk {
  /** A file with another disk, which is used as it is. */
  readonly file?: string;
  /** Another label for the disk's first partition, the one with /usr. */
  readonly label?: string;
  /** Bytes that are overwritten. */
  readonly damage?: { readonly place: Place; readonly bytes: Uint8Array };
  /** A place of the disk that cannot be read. */
  readonly unreadable?: Place;
  /** When it is plugged in; by default it is there from the start. */
  readonly plugged?: Moment;
  /** When it is taken away. */
  readonly unplugged?: Moment;
}

/** What is wrong with the packed full initrd. */
export interface ImageFault {
  /** Gives another tree for that of the full initrd. */
  readonly tree?: (tree: readonly TreeEntry[]) => readonly TreeEntry[];
  /** The image is not there at all. */
  readonly absent?: true;
  /** On a partition of its own, a link leads to it. */
  readonly link?: true;
  /** The log of the file system that it is on must be replayed; of an ext4. */
  readonly log?: true;
  /** Gives other bytes for those of the image. */
  readonly change?: (image: Buffer) => Buffer;
}

export type FaultFile = string | { readonly link: string } | ((module: Buffer) => Buffer);

export interface Fault {
  /** What is wrong with the machine. */
  readonly what: string;
  /** Settings that the fault needs, in the form of --set. */
  readonly settings?: readonly string[];
  readonly commandLine?: CommandLineFault;
  /** The disks; by default one sound disk. */
  readonly disks?: readonly FaultDisk[];
  /** What the disks are attached to. */
  readonly bus?: DiskBus;
  /**
   * Files that take the place of those in the minimal initrd, none of them executable: their bytes, a symbolic link, or what
   * becomes of the bytes of a module.
   */
  readonly files?: Readonly<Record<string, FaultFile>>;
  readonly image?: ImageFault;
  /** /usr is a file of the initramfs too, at this path: the platform's, or the first bytes of it. */
  readonly live?: { readonly path: string; readonly bytes?: number };
  /** What is typed at the console once it has shown some words. */
  readonly typed?: { readonly after: RegExp; readonly text: string };
  /** What starts the kernel; by default QEMU itself, which cannot start one with a command line over 2,047 bytes. */
  readonly firmware?: 'uefi';
  /** MiB of memory. */
  readonly memory?: number;
  /** Something that the fault needs and that User Mode Linux does not have, where the fields above do not show it. */
  readonly needsPc?: string;
  readonly expected: Ending;
}

/** Why the fault shows only on a PC, such as QEMU emulates; undefined where it shows under User Mode Linux too. */
export function reasonForPc({ needsPc, bus, firmware, memory, disks = [] }: Fault): string | undefined {
  if (needsPc !== undefined) return needsPc;
  if (bus !== undefined) return 'a bus that disks are plugged into';
  if (firmware !== undefined) return 'firmware';
  if (memory !== undefined) return 'a loader that puts the initrd into the memory of the machine';
  return disks.some(({ unreadable }) => unreadable) ? 'sectors that cannot be read' : undefined;
}

/** How a boot must end. */
export type Ending =
  /** A step stops the boot with a reason; before that the kernel says `because`, where it is given. */
  | { readonly step: StepName; readonly reason: ReasonName; readonly because?: string }
  /** The boot stops with one of these reasons, whichever comes first. */
  | { readonly reasons: readonly ReasonName[] }
  /** The kernel ends the boot, in these words; with `afterHandOver` only once the verified /usr was handed over. */
  | { readonly kernel: string; readonly afterHandOver?: true }
  /** It is no fault for stage 1: the verified /usr of the sound disk is handed over. */
  | { readonly handOver: 'verified' };

/** What the console shows when a step begins. */
export function beginOf(step: StepName): RegExp {
  return new RegExp(`bootrelay: ${step}\\r?\\n`);
}

/** Adds one or several parameters behind a sound kernel command line. */
export function append(more: (names: ParameterNames, rootHash: string) => string): CommandLineFault {
  return (sound, names, rootHash) => `${sound} ${more(names, rootHash)}`;
}

/** One disk, with other bytes at a place. */
export function damaged(place: Place, bytes: Uint8Array): readonly FaultDisk[] {
  return [{ damage: { place, bytes } }];
}

/** These values as bytes to write. */
export function bytes(...values: readonly number[]): Uint8Array {
  return Uint8Array.from(values);
}

export const verified: Ending = { handOver: 'verified' };
