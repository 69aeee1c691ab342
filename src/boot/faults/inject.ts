/** Injects a fault into a machine that is made and not yet started. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { copySparseArgs, setPartitionLabelArgs } from '../../tools/disk.ts';
import type { DiskBus, FirmwareKind, GuestDisk } from '../../tools/qemu.ts';
import { run } from '../../tools/run.ts';
import { joinCpio, makeExtraCpio } from '../extra-cpio.ts';
import type { Answer } from '../guest.ts';
import type { GuestEvent } from '../hotplug.ts';
import { appendFiles, cutOff } from '../live.ts';
import type { Fault, FaultDisk, ParameterNames } from './fault.ts';
import { type DiskSources, overwrite, placeOnDisk } from './places.ts';

/** A machine without faults, from which the one with the fault is made. */
export interface SoundMachine {
  readonly initrd: string;
  readonly disk: string;
  /** The file that the partition of /usr was made of. */
  readonly usr: string;
  readonly commandLine: string;
  readonly rootHash: string | undefined;
  /** The directory with the modules of the minimal initrd. */
  readonly modules: string;
  readonly sources: DiskSources;
}

/** The parts of a guest that a fault may change. */
export interface FaultyMachine {
  readonly initrd: string;
  readonly commandLine: string;
  readonly disks: readonly GuestDisk[];
  readonly bus?: DiskBus;
  readonly memory?: number;
  readonly firmware?: FirmwareKind;
  /** The variables of the firmware, with keys in them. */
  readonly variables?: string;
  /** What is typed at its console. */
  readonly answers: readonly Answer[];
  /** What happens to the machine while it runs. */
  readonly events: readonly GuestEvent[];
}

/** The machine as it is without a fault. */
export function withoutFault({
  initrd,
  commandLine,
  disk,
}: Pick<SoundMachine, 'initrd' | 'commandLine' | 'disk'>): FaultyMachine {
  return { initrd, commandLine, disks: [{ file: disk }], answers: [], events: [] };
}

/** Gives the machine with the fault; `work` takes new files, and the sound disk stays as it is: its disks are copies, or what `makeDisk` makes. Throws ToolError. */
export async function injectFault(
  fault: Fault,
  sound: SoundMachine,
  names: ParameterNames,
  work: string,
  makeDisk: (disk: FaultDisk, index: number) => Promise<GuestDisk> = (disk, index) =>
    makeFaultDisk(disk, sound, join(work, `disk-with-fault-${index}.img`)),
): Promise<FaultyMachine> {
  const { disks = [{}], bus, memory, firmware } = fault;
  const made: GuestDisk[] = [];
  for (const [index, disk] of disks.entries()) {
    made.push(await makeDisk(disk, index));
  }
  return {
    initrd: await makeFaultInitrd(fault, sound, work),
    commandLine: fault.commandLine?.(sound.commandLine, names, sound.rootHash ?? '') ?? sound.commandLine,
    disks: made,
    answers: fault.typed ? [{ to: fault.typed.after, text: fault.typed.text }] : [],
    events: disks.flatMap((disk, index) => eventsOf(disk, index)),
    ...(bus && { bus }),
    ...(memory !== undefined && { memory }),
    ...(firmware && { firmware }),
  };
}

/** A copy of the sound disk where something is written to it. */
async function makeFaultDisk(disk: FaultDisk, sound: SoundMachine, copy: string): Promise<GuestDisk> {
  if (disk.file !== undefined) return { file: disk.file };
  const { label, damage, unreadable, plugged } = disk;
  const changed = label !== undefined || damage !== undefined;
  if (changed) await run(copySparseArgs(sound.disk, copy));
  if (label !== undefined) await run(setPartitionLabelArgs(copy, 1, label));
  if (damage) overwrite(copy, damage.place, damage.bytes, sound.sources);
  return {
    file: changed ? copy : sound.disk,
    ...(unreadable && { unreadableAt: placeOnDisk(sound.disk, unreadable, sound.sources) }),
    ...(plugged && { unplugged: true }),
  };
}

function eventsOf({ plugged, unplugged }: FaultDisk, index: number): readonly GuestEvent[] {
  return [
    ...(plugged ? [{ ...plugged, plug: index }] : []),
    ...(unplugged ? [{ ...unplugged, unplug: index }] : []),
  ];
}

async function makeFaultInitrd({ live, files }: Fault, sound: SoundMachine, work: string): Promise<string> {
  const usr = live?.bytes === undefined ? sound.usr : await cutOff(sound.usr, live.bytes, work);
  const initrd = live ? await appendFiles(sound.initrd, { [live.path]: usr }, work) : sound.initrd;
  return files ? withFiles({ ...sound, initrd }, files, work) : initrd;
}

async function withFiles(
  { initrd, modules }: SoundMachine,
  files: NonNullable<Fault['files']>,
  work: string,
): Promise<string> {
  const contents = Object.entries(files).map(([path, content]) => {
    const original = () => readFileSync(join(modules, path.replace(/^\/modules\//, '')));
    if (typeof content === 'function') return [path, content(original())] as const;
    return [path, typeof content === 'string' ? Buffer.from(content, 'latin1') : content] as const;
  });
  const cpio = await makeExtraCpio(Object.fromEntries(contents), work, 0o644);
  return joinCpio(initrd, cpio, join(work, 'initrd-with-fault.img'));
}
