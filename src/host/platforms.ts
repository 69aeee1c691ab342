/** Platform files -> plans, for the commands that need platforms without errors. */
import { type LoadedPlatform, loadPlatform } from '../config/load.ts';
import { withRootHashOfImage } from '../config/root-hash.ts';
import type { PlatformConfig } from '../config/validate.ts';
import { UsageError } from '../errors.ts';
import { type Finding, hasErrors } from '../findings.ts';
import { readImageTree } from '../initrd/image-tree.ts';
import type { BootPlan } from '../plan/boot-plan.ts';
import { planBoot } from '../plan/plan.ts';
import { createFileReader } from './files.ts';
import { requireRegularFile } from './regular-file.ts';
import type { CommandResult } from './result.ts';

export interface PlannedPlatform {
  readonly config: PlatformConfig;
  readonly plan: BootPlan;
  /** The files that the settings come from, lowest layer first. */
  readonly files: readonly string[];
}

export interface PlatformArguments {
  readonly platforms: readonly string[];
  readonly set: readonly string[];
}

export interface PlannedPlatforms {
  /** Those without errors. */
  readonly planned: readonly PlannedPlatform[];
  /** What must be mended or looked at. */
  readonly findings: readonly Finding[];
  /** What is only remarked of the files: for the commands that are about them, so that not each that reads them says the same. */
  readonly notes: readonly Finding[];
}

/** Loads and plans platform files: plans of those without errors, and what is to be said of all, each finding once. */
export function planPlatforms({ platforms, set }: PlatformArguments): PlannedPlatforms {
  const reader = createFileReader();
  const loaded = platforms.map((path) => ofFile(path, loadPlatform(path, set, reader)));
  const planned = loaded.flatMap(({ config, files }) =>
    config ? [{ config, plan: planBoot(config, files), files }] : [],
  );
  const all = uniqueFindings(loaded.flatMap(({ findings }) => findings));
  const isNote = ({ severity }: Finding) => severity === 'note';
  return { planned, findings: all.filter((item) => !isNote(item)), notes: all.filter(isNote) };
}

/** A finding about a default is one about the platform file as a whole. */
function ofFile(path: string, loaded: LoadedPlatform): LoadedPlatform {
  return { ...loaded, findings: loaded.findings.map((item) => ({ file: path, ...item })) };
}

/** A finding in a base that ten platforms extend is one finding. */
export function uniqueFindings(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map((item) => [JSON.stringify(item), item])).values()];
}

/** The result of a command that got a configuration with errors: exit code 2, nothing is done. */
export function configurationFailed(command: string, findings: readonly Finding[]): CommandResult {
  return { exitCode: 2, text: '', json: { command }, findings };
}

export type OnePlatform =
  | { readonly platform: PlannedPlatform; readonly findings: readonly Finding[] }
  | { readonly failed: CommandResult };

/** The one platform of a command that takes one. */
export function planOnePlatform(command: string, path: string, set: readonly string[]): OnePlatform {
  const { planned, findings } = planPlatforms({ platforms: [path], set });
  const platform = planned[0];
  return platform && !hasErrors(findings)
    ? { platform, findings }
    : { failed: configurationFailed(command, findings) };
}

/**
 * The platform with the root hash of its image built in, where it takes it from there. Throws UsageError where it does and
 * there is no image, or that has no hash tree.
 */
export async function sealWithImage(
  platform: PlannedPlatform,
  image: string | undefined,
): Promise<PlannedPlatform> {
  const { RootHash, HashOffset } = platform.config.settings.Verity;
  if (RootHash !== 'image') return platform;
  if (image === undefined)
    throw new UsageError('--image is required: with Verity.RootHash=image its root hash is built in');
  requireRegularFile(image, 'an image of a full initrd');
  const tree = await readImageTree(image, HashOffset);
  if ('problem' in tree)
    throw new UsageError(`--image must have a hash tree, as \`bootrelay pack\` makes it: ${tree.problem}`);
  const config = withRootHashOfImage(platform.config, tree.rootHash);
  return { ...platform, config, plan: planBoot(config, platform.files) };
}
