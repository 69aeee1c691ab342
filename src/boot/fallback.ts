/** A machine with two slots, of which the newer one is tried three times: its boot fails, and the older one comes up by itself. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { PlatformConfig } from '../config/validate.ts';
import { type DiskPart, makeDisk } from '../disk/disk.ts';
import { espType, makeEsp } from '../disk/esp.ts';
import { type GptPartition, readGpt } from '../disk/gpt.ts';
import { type Slot, slotByLabel, slotWords } from '../disk/slots.ts';
import { UsageError } from '../errors.ts';
import { read, withInput } from '../initrd/input.ts';
import { readAtArgs } from '../tools/disk.ts';
import { run } from '../tools/run.ts';
import { type CountingLoader, tries } from './counting/counting-loader.ts';
import { grub } from './counting/grub.ts';
import { systemdBoot } from './counting/systemd-boot.ts';
import type { Fault } from './faults/fault.ts';
import type { FaultyMachine } from './faults/inject.ts';
import { judgeFault } from './faults/verdict.ts';
import type { GuestRun } from './guest.ts';
import type { LoadedSystem } from './loader.ts';
import { rootPartitionUuid } from './partitions.ts';
import { type Expectation, type Fact, judge, type Verdict } from './verdict.ts';

/** What counts, by the loader that is asked for. */
export const countingLoaders = { uki: systemdBoot, grub } as const satisfies Record<string, CountingLoader>;
export type Counting = keyof typeof countingLoaders;

/** Settings by which stage 1 keeps the reason of a failed boot in the variables of the firmware, and words for the kernel. */
export const keepsReason = { settings: ['Modules.Modules=-efi_pstore'], words: 'printk.always_kmsg_dump=1' };

type System = Omit<LoadedSystem, 'initrd' | 'commandLine' | 'key' | 'work'>;

/** Throws UsageError for a fault that is not of a slot. */
export function requireFaultOfSlot(name: string, fault: Fault, config: PlatformConfig): void {
  const { disks = [{}], live, typed, firmware, memory, bus, expected } = fault;
  if ('handOver' in expected)
    throw new UsageError(
      `--fallback needs a fault that ends the boot, and with ${name} the verified /usr is handed over`,
    );
  requireSlots(config);
  const elsewhere = disks.length !== 1 || live || typed || firmware || memory !== undefined || bus;
  if (
    elsewhere ||
    disks.some(
      ({ file, label, unreadable, plugged, unplugged }) =>
        file ?? label ?? unreadable ?? plugged ?? unplugged,
    )
  )
    throw new UsageError(
      `--fallback puts the fault into slot B, and ${name} is one of the whole machine: one of a slot's content, command line or initrd is required, such as superblock-magic, root-hash-wrong or image-missing`,
    );
}

/** A machine of one slot, and what of its system goes into the ESP. */
export interface SlotMachine {
  readonly machine: FaultyMachine;
  readonly system: System;
}

/** Two slots need names that tell them apart, and a stage 1 that takes the name from the kernel command line. */
function requireSlots(config: PlatformConfig): void {
  const problem =
    'Usr.Device=PARTLABEL= with an A or B that stands alone, such as USR-A, and KernelCommandLine.Override=yes are required';
  try {
    for (const slot of ['A', 'B'] as const) {
      const named = slotByLabel(config, slot);
      if (named.length === 0) throw new UsageError('no partition is named by a label');
      slotWords(config, named);
    }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`--fallback makes two slots: ${problem} (${config.file})`);
  }
}

/** Two machines whose slots are put together: the sound one becomes slot A, the faulty one slot B. */
export async function makeTwoSlots(
  { machine: sound, system: ofA }: SlotMachine,
  { machine: faulty, system: ofB }: SlotMachine,
  counting: Counting,
  work: string,
): Promise<FaultyMachine> {
  const esp = join(work, 'esp-of-slots.img');
  const systems = [systemOfSlot('A', sound, ofA, work), systemOfSlot('B', faulty, ofB, work)] as const;
  await makeEsp(await countingLoaders[counting].makeEsp(...systems), esp);
  const a = await partitionsOfSlot('A', sound, ofA, work);
  const b = await partitionsOfSlot('B', faulty, ofB, work);
  const disk = join(work, 'two-slots.img');
  const espPart = { name: 'ESP', uuid: uuidOf('A', 9), type: espType, file: esp };
  await makeDisk([...a.usr, ...b.usr, ...a.root, espPart], disk);
  return { ...sound, disks: [{ file: disk, boots: true }], firmware: 'uefi' };
}

/** The partitions of a machine's disk as files: those of /usr with the names and UUIDs of a slot, and the root partition. */
async function partitionsOfSlot(slot: Slot, { disks }: FaultyMachine, { config }: System, work: string) {
  const disk = disks[0]?.file ?? '';
  const named = slotByLabel(config, slot);
  const parts: DiskPart[] = [];
  for (const { number, label, uuid, type, start, size } of await partitionsOf(disk)) {
    const file = join(work, `partition-${slot}-${number}.img`);
    await run(readAtArgs(disk, start, size, file));
    parts.push({ name: label, uuid, type, file });
  }
  const ofUsr = parts.filter(({ uuid }) => uuid !== rootPartitionUuid);
  return {
    usr: ofUsr.map((part, index) => ({
      ...part,
      name: named[index]?.device.value ?? part.name,
      uuid: uuidOf(slot, index),
    })),
    root: parts.filter(({ uuid }) => uuid === rootPartitionUuid),
  };
}

/** What is started of a slot, with words that name its partitions. */
function systemOfSlot(slot: Slot, machine: FaultyMachine, system: System, work: string): LoadedSystem {
  const { config } = system;
  const { initrd, commandLine } = machine;
  const words = slotWords(config, slotByLabel(config, slot));
  const directory = join(work, `slot-${slot}`);
  mkdirSync(directory);
  const line = [commandLine, ...words, keepsReason.words].join(' ');
  return { ...system, initrd, commandLine: line, key: undefined, work: directory };
}

async function partitionsOf(disk: string): Promise<readonly GptPartition[]> {
  const table = await withInput(disk, (input) => readGpt(read(input, 0, 1024 * 1024)));
  if ('problem' in table) throw new Error(`${disk}: ${table.problem}`);
  return table.partitions;
}

function uuidOf(slot: Slot, index: number): string {
  return `b0074e1a-0000-4000-8000-0000000003${slot === 'A' ? 'a' : 'b'}${index}`;
}

/** Did slot B fail as it must, as often as it may, and slot A come up and tell of it? */
export function judgeFallback(
  run: Pick<GuestRun, 'seen' | 'before' | 'ended'>,
  fault: Fault,
  counting: Counting,
  expected: Expectation,
): Verdict {
  const { bad } = countingLoaders[counting];
  const failed = run.before.map((seen) => judgeFault(seen, 'exit', fault, expected.rootHash));
  const last = judge(run.seen, expected, run.ended);
  const reason = run.before.at(-1)?.failure ?? '';
  const values = (key: string) =>
    run.seen.report.filter((line) => line.key === key).map(({ value }) => value);
  const told = values('earlier-boot');
  const facts: readonly Fact[] = [
    {
      ok: failed.length === tries && failed.every(({ ok }) => ok),
      statement: `slot B was tried ${tries} times, and each boot ended as the fault must`,
      evidence: failed.map(({ seen }) => seen).join(' | ') || 'no boot before the last one',
    },
    {
      ok: values(bad.key).includes(bad.value),
      statement: bad.statement,
      evidence: values(bad.key).join(' ') || 'not seen: the ESP is not mounted',
    },
    {
      ok: told.some((line) => reason !== '' && line.includes(reasonOf(reason))),
      statement: 'slot A finds in pstore why slot B failed',
      evidence: told.join(' | ') || 'nothing there',
    },
    ...last.facts,
  ];
  const wrong = facts.filter(({ ok }) => !ok).map(({ statement }) => `not true: ${statement}`);
  const ok = last.ok && wrong.length === 0;
  const summary = ok
    ? `slot A came up by itself, after ${tries} boots of slot B: ${failed[0]?.seen}`
    : [last.summary, ...wrong].join('; ');
  return { ok, summary, facts };
}

/** `STEP failed: REASON` of a reason, the words of a panic. */
function reasonOf(failure: string): string {
  return /^\S+ failed: [a-z0-9-]+/.exec(failure)?.[0] ?? failure.replace(/^kernel (panic|restart): /, '');
}
