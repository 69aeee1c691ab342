/** The root hash of the /usr on a given disk: as it is given, as the partitions' UUIDs tell it, or as it is on a command line. */
import { readFileSync } from 'node:fs';
import { partitionTypesOf } from '../config/partition-types.ts';
import type { PlatformConfig } from '../config/validate.ts';
import { isDigest } from '../config/value-types/hashes.ts';
import { UsageError } from '../errors.ts';
import { parametersOf } from '../plan/kernel-parameters.ts';
import { requireReadable } from './disk-image.ts';
import type { GptPartition } from './gpt.ts';

/** The label of a partition that systemd-sysupdate may fill: it has nothing yet (sysupdate.d(5)). */
const emptyLabel = '_empty';

const hexadecimal = /^(?:[0-9a-f]{2}){16,64}$/;

/** A root hash in hexadecimal, or the file that has it. Throws UsageError. */
export function readRootHash(given: string): string {
  const text = given.trim().toLowerCase();
  if (hexadecimal.test(text)) return text;
  requireReadable('--root-hash', given);
  const content = readFileSync(given, 'latin1').slice(0, 1024).trim().toLowerCase();
  if (hexadecimal.test(content)) return content;
  throw new UsageError(
    `--root-hash ${given}: a root hash in hexadecimal is required, as veritysetup and systemd-repart print it, or a file with one and nothing else`,
  );
}

/**
 * The root hash that UUIDs of partitions tell: its first half is that of the data, its second half that of the hash tree.
 * Undefined where no two partitions of these types belong together: of several, those of the same place in the table.
 */
export function discoverableRootHash(
  { settings }: PlatformConfig,
  partitions: readonly GptPartition[],
  data: GptPartition | undefined,
): string | undefined {
  const types = partitionTypesOf(settings);
  const inUse = partitions.filter(({ label }) => label !== emptyLabel);
  const all = inUse.filter(({ type }) => type === types.usr);
  const hashes = inUse.filter(({ type }) => type === types.verity);
  const one = data ?? (all.length === 1 ? all[0] : undefined);
  const hash = one && all.length === hashes.length ? hashes[all.indexOf(one)] : undefined;
  return one && hash && `${one.uuid}${hash.uuid}`.replaceAll('-', '');
}

/** The root hash that a kernel command line gives: the last one, by the first of the names that is there. */
export function rootHashOnCommandLine({ settings }: PlatformConfig, commandLine: string): string | undefined {
  const words = commandLine.replaceAll('"', '').split(/\s+/);
  for (const name of rootHashNames(settings)) {
    const value = words.findLast((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
    if (value !== undefined) return value.toLowerCase();
  }
  return undefined;
}

/** Names of the parameter with the root hash; none where the platform does not read it. */
export function rootHashNames(settings: PlatformConfig['settings']): readonly string[] {
  return parametersOf(settings).find(({ key }) => key === 'rootHash')?.names ?? [];
}

/** The root hash that is built into stage 1. */
export function builtInRootHash({ settings }: PlatformConfig): string | undefined {
  const { Verity, RootHash } = settings.Verity;
  return Verity === 'required' && isDigest(RootHash) ? RootHash : undefined;
}
