/** Injects a fault into a machine that is made and not yet started. */
import { join } from 'node:path';
import type { PlatformSettings } from '../config/settings.ts';
import { joinCpio, makeExtraCpio } from './extra-cpio.ts';
import { overwrite } from './fault-disk.ts';
import type { Fault } from './faults.ts';

/** As much of a machine as faults change. */
export interface FaultyMachine {
  readonly initrd: string;
  readonly disks: readonly string[];
  readonly commandLine: string;
}

/** Changes the disk in place, and gives the machine with what else is different. `work` takes new files. Throws ToolError. */
export async function injectFault(
  fault: Fault,
  machine: FaultyMachine,
  names: PlatformSettings['KernelCommandLine'],
  work: string,
): Promise<FaultyMachine> {
  const [disk = ''] = machine.disks;
  if (fault.damage) overwrite(disk, fault.damage.place, fault.damage.bytes);
  const isRootHash = (word: string) => word.startsWith(`${names.RootHash}=`);
  const given = machine.commandLine.split(' ').filter((word) => !(fault.withoutRootHash && isRootHash(word)));
  return {
    initrd: fault.files ? await withFiles(machine.initrd, fault.files, work) : machine.initrd,
    disks: fault.diskTwice ? [disk, disk] : machine.disks,
    commandLine: [...given, ...(fault.append ? [fault.append(names)] : [])].join(' '),
  };
}

async function withFiles(
  initrd: string,
  files: Readonly<Record<string, string>>,
  work: string,
): Promise<string> {
  const cpio = await makeExtraCpio(files, work, 0o644);
  return joinCpio(initrd, cpio, join(work, 'initrd-with-fault.img'));
}
