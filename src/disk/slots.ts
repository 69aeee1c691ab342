/** The partitions of /usr on a given disk: those that the platform names, or those of another slot. */
import type { PlatformConfig } from '../config/validate.ts';
import { type DeviceSpec, formatDevice } from '../config/value-types/devices.ts';
import { UsageError } from '../errors.ts';
import { devicesOf } from '../plan/device-names.ts';
import { type ParameterKey, parametersOf } from '../plan/kernel-parameters.ts';
import { formatPartition } from './disk-image.ts';
import type { GptPartition } from './gpt.ts';

export const slotNames = ['A', 'B'] as const;
export type Slot = (typeof slotNames)[number];

type Role = 'data' | 'hash' | 'fec';

export interface UsrPartition {
  readonly role: Role;
  readonly partition: GptPartition;
  /** How the kernel command line names it: as the platform names its own, by label or by UUID. */
  readonly device: DeviceSpec;
}

/** Plain data of Linux, which says nothing of what it is for. */
const linuxData = '0fc63daf-8483-4772-8e79-3d69d8477de4';

/** A letter that stands alone in a label, such as in USR-A, HASH_B, A-usr. */
const letter = /(?<![A-Za-z0-9])[ABab](?![A-Za-z0-9])/;

/** The partitions of /usr, those of `slot` where it is given. Throws UsageError where one is not there. */
export function usrPartitionsOf(
  { settings }: PlatformConfig,
  partitions: readonly GptPartition[],
  slot: Slot | undefined,
): readonly UsrPartition[] {
  const devices = devicesOf(settings);
  return (['data', 'hash', 'fec'] as const).flatMap((role) => {
    const device = devices[role];
    if (!device) return [];
    const found = slot === undefined ? namedBy(device, partitions) : ofSlot(device, partitions, slot);
    if (found) return [{ role, partition: found, device: nameOf(found, device) }];
    throw new UsageError(
      `the image has no partition for ${slot === undefined ? formatDevice(device) : `slot ${slot} of ${formatDevice(device)}`}: ${required(device)}; it has ${partitions.map(formatPartition).join(', ')}`,
    );
  });
}

function required({ by }: DeviceSpec): string {
  return by === 'PARTLABEL' || by === 'PARTUUID'
    ? 'one with that name is required, or of the same GPT type for another slot'
    : 'a platform that names it by PARTLABEL= or PARTUUID= is required';
}

function namedBy({ by, value }: DeviceSpec, partitions: readonly GptPartition[]): GptPartition | undefined {
  if (by === 'PARTLABEL') return partitions.find(({ label }) => label === value);
  return by === 'PARTUUID' ? partitions.find(({ uuid }) => uuid === value.toLowerCase()) : undefined;
}

/** The names of a slot's partitions where no disk is there to look at: labels with another letter. Throws UsageError. */
export function slotByLabel(
  { settings }: PlatformConfig,
  slot: Slot,
): readonly Pick<UsrPartition, 'role' | 'device'>[] {
  const devices = devicesOf(settings);
  return (['data', 'hash', 'fec'] as const).flatMap((role) => {
    const device = devices[role];
    if (!device || device.by === 'dissect') return [];
    if (device.by === 'PARTLABEL' && letter.test(device.value))
      return [{ role, device: { ...device, value: withLetter(device.value, slot) } }];
    throw new UsageError(
      `--slot ${slot}: ${formatDevice(device)} does not say what the partition of another slot is called: PARTLABEL= with an A or B that stands alone is required, or --image, a disk with the partitions of both slots`,
    );
  });
}

function withLetter(label: string, slot: Slot): string {
  return label.replace(letter, (found) => (found === found.toLowerCase() ? slot.toLowerCase() : slot));
}

/** By the letter in the label; where it has none, the first and the second of the same GPT type. */
function ofSlot(
  device: DeviceSpec,
  partitions: readonly GptPartition[],
  slot: Slot,
): GptPartition | undefined {
  const own = namedBy(device, partitions);
  const label = own?.label ?? (device.by === 'PARTLABEL' ? device.value : '');
  if (letter.test(label)) {
    const wanted = withLetter(label, slot);
    return partitions.find((partition) => partition.label === wanted);
  }
  if (!own || own.type === linuxData) return undefined;
  const alike = partitions.filter(({ type }) => type === own.type);
  return alike[slotNames.indexOf(slot)];
}

function nameOf({ label, uuid }: GptPartition, { by }: DeviceSpec): DeviceSpec {
  return by === 'PARTLABEL' ? { by, value: label } : { by: 'PARTUUID', value: uuid };
}

const parameterKeys: Readonly<Record<Role, ParameterKey>> = {
  data: 'usrDevice',
  hash: 'hashDevice',
  fec: 'fecDevice',
};

/** Words for the kernel command line that name the partitions of a slot. Throws UsageError where the platform takes none. */
export function slotWords(
  { settings }: PlatformConfig,
  found: readonly Pick<UsrPartition, 'role' | 'device'>[],
): readonly string[] {
  const parameters = parametersOf(settings);
  return found.map(({ role, device }) => {
    const name = parameters.find(({ key }) => key === parameterKeys[role])?.names[0];
    if (name === undefined)
      throw new UsageError(
        '--slot needs a platform whose /usr the kernel command line may name: KernelCommandLine.Override=yes',
      );
    return `${name}=${quoteWord(formatDevice(device))}`;
  });
}

/** The kernel takes quotes around a value. */
function quoteWord(value: string): string {
  return /\s/.test(value) ? `"${value}"` : value;
}
