/** `bootrelay check`: findings only. With a sysroot also: does it have what the boot needs. */
import { mkdtempSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Given } from '../check/check.ts';
import { readImage } from '../check/image.ts';
import { type Checked, runChecks, systemLacks } from '../check/run-checks.ts';
import { readSystem } from '../check/system.ts';
import { usesUsr } from '../config/image-host.ts';
import { placeOf } from '../config/place.ts';
import type { SettingName } from '../config/settings.ts';
import type { PlatformConfig } from '../config/validate.ts';
import { UsageError } from '../errors.ts';
import { allowableKinds, type Finding, type FindingKind, finding, hasErrors } from '../findings.ts';
import { kernelVersionOf } from '../host/kernel-version.ts';
import { type PlannedPlatform, planPlatforms } from '../host/platforms.ts';
import { withProgress } from '../host/progress.ts';
import { requireRegularFile } from '../host/regular-file.ts';
import type { CommandResult } from '../host/result.ts';
import { withWorkDirectory } from '../host/temporary.ts';
import { type InitrdFiles, readInitrdFiles } from '../initrd/files.ts';
import { readPackedImage } from '../initrd/packed-image.ts';
import { buildMinimalInitrd } from '../minimal/build.ts';
import { limitedOf } from '../minimal/manifest.ts';
import { bootrelayVersion } from '../package.ts';
import { renderSkeleton } from '../render/skeleton.ts';
import { formatGithub, formatSarif } from '../review/format-findings.ts';
import { type InitrdUnit, unitsOfSkeleton } from '../sysroot/units.ts';

export interface CheckArguments {
  readonly platforms: readonly string[];
  readonly set: readonly string[];
  readonly sysroot: string | undefined;
  readonly kernel: string | undefined;
  /** A packed full initrd, to compare with the sysroot's /usr. */
  readonly image?: string | undefined;
  /** A full initrd as dracut makes it. */
  readonly initrd?: string | undefined;
  /** An initrd of any origin, whose devices must be driven. */
  readonly like?: string | undefined;
  /** Whether it is built, to compare its size with the budget. */
  readonly build?: boolean;
  readonly json: boolean;
  /** Kinds of findings on which the check fails otherwise. */
  readonly allow?: readonly FindingKind[];
  /** How the findings are printed; by default as for people. */
  readonly format?: 'text' | 'sarif' | 'github';
}

/** Exit code 1 where there are errors, or findings that are not allowed. */
export async function check(args: CheckArguments): Promise<CommandResult> {
  requireTogether(args);
  const { planned, findings: own, notes } = planPlatforms(args);
  requireUsrOfImage(planned, args);
  const against = await withWorkDirectory((work) =>
    withProgress(args.json, async (progress) => {
      if (args.image !== undefined) requireRegularFile(args.image, 'an image');
      const initrds = {
        initrd: await readFullInitrd(planned, args, work),
        like: await readOtherInitrd(args, work),
      };
      const found: Finding[] = [];
      for (const platform of planned) {
        progress.begin(`checking ${platform.config.name}`);
        found.push(...(await checkPlatform(platform, initrds, args, mkdtempSync(join(work, 'platform-')))));
      }
      return found;
    }),
  );
  return resultOf(planned, [...own, ...notes, ...against], args);
}

function requireTogether({ sysroot, kernel, initrd, like, json, format = 'text' }: CheckArguments): void {
  if (kernel !== undefined && sysroot === undefined && initrd === undefined)
    throw new UsageError('--kernel needs --sysroot, or --initrd');
  if (like !== undefined && sysroot === undefined)
    throw new UsageError('--like needs --sysroot: it is compared with what they drive');
  if (json && format !== 'text')
    throw new UsageError(`--json and --format=${format} are two formats: choose one`);
}

/** An image that is on a partition has nothing to do with a sysroot. */
function requireUsrOfImage(planned: readonly PlannedPlatform[], { image, sysroot }: CheckArguments): void {
  if (image === undefined || sysroot !== undefined) return;
  const inUsr = planned.find(({ config }) => usesUsr(config.settings));
  if (inUsr)
    throw new UsageError(
      `--image needs --sysroot: that of ${inUsr.config.name} is compared with the /usr of the sysroot`,
    );
}

function resultOf(
  planned: readonly PlannedPlatform[],
  findings: readonly Finding[],
  args: CheckArguments,
): CommandResult {
  const refused = refusedKinds(args);
  const exitCode = hasErrors(findings) || findings.some(({ kind }) => refused.includes(kind)) ? 1 : 0;
  if (args.format === 'sarif' || args.format === 'github') {
    const text =
      args.format === 'github' ? formatGithub(findings) : formatSarif(findings, bootrelayVersion());
    return { exitCode, text, json: { command: 'check' }, findings: [] };
  }
  const units = planned.map((platform) => ({
    platform: platform.config.name,
    units: unitsOfFullInitrd(platform, args),
  }));
  return {
    exitCode,
    text: [...units.flatMap(formatUnits), formatCounts(args.platforms.length, findings)].join('\n'),
    json: {
      command: 'check',
      platforms: planned.map(({ config }) => config.name),
      units: units.filter((entry) => entry.units.length > 0),
    },
    findings,
  };
}

function formatCounts(platforms: number, findings: readonly Finding[]): string {
  const plural = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
  const counts = (['error', 'warning', 'note'] as const).map((severity) =>
    plural(findings.filter((item) => item.severity === severity).length, severity),
  );
  return `${plural(platforms, 'platform')}: ${counts.join(', ')}`;
}

/** Kinds on which `check` fails although they are no errors. */
function refusedKinds({ allow = [] }: CheckArguments): readonly FindingKind[] {
  return allowableKinds.filter((kind) => !allow.includes(kind));
}

/** What systemd starts where the system's /usr is the full initrd; nothing for other platforms, or without a sysroot. */
function unitsOfFullInitrd(
  { config, plan }: PlannedPlatform,
  { sysroot }: CheckArguments,
): readonly InitrdUnit[] {
  if (sysroot === undefined || config.settings.FullInitrd.Source !== 'usr') return [];
  return unitsOfSkeleton(
    renderSkeleton(config, plan),
    resolve(sysroot),
    config.settings.FullInitrd.ExtraFiles,
  );
}

interface PlatformUnits {
  readonly platform: string;
  readonly units: readonly InitrdUnit[];
}

function formatUnits({ platform, units }: PlatformUnits): readonly string[] {
  if (units.length === 0) return [];
  const lines = units.map(({ name, because, leftOut, conditions }) => {
    const state = leftOut !== undefined ? 'left out' : conditions.length > 0 ? 'runs if' : 'runs';
    const reasons = leftOut === undefined ? conditions : [leftOut];
    return `  ${state.padEnd(9)} ${name.padEnd(44)} ${[because, ...reasons].join('; ')}`;
  });
  return [`${platform}: units of the full initrd, and what pulls each in`, ...lines, ''];
}

/** The files of the full initrd that is given, read once for all platforms. */
async function readFullInitrd(
  planned: readonly PlannedPlatform[],
  { initrd }: CheckArguments,
  work: string,
): Promise<InitrdFiles | undefined> {
  if (initrd === undefined) return undefined;
  requireRegularFile(initrd, 'a full initrd');
  if (readPackedImage(initrd))
    throw new UsageError(
      `${initrd} is packed already: --initrd takes the cpio that dracut made, --image takes this`,
    );
  if (planned.length > 0 && planned.every(({ config }) => config.settings.FullInitrd.Source === 'usr'))
    throw new UsageError('--initrd has no effect with FullInitrd.Source=usr: there is no full initrd');
  return readInitrdFiles(initrd, work);
}

/** The files of the initrd whose devices must be driven. */
async function readOtherInitrd({ like }: CheckArguments, work: string): Promise<InitrdFiles | undefined> {
  if (like === undefined) return undefined;
  requireRegularFile(like, 'an initrd');
  return readInitrdFiles(like, work);
}

/** Initrds that are read once for all platforms. */
interface Initrds {
  readonly initrd: InitrdFiles | undefined;
  readonly like: InitrdFiles | undefined;
}

/** What is wrong besides the platform's own text; every finding is of the platform file, whatever else it is about. */
async function checkPlatform(
  { config, plan }: PlannedPlatform,
  initrds: Initrds,
  args: CheckArguments,
  work: string,
): Promise<readonly Finding[]> {
  const { sysroot, build = true } = args;
  const kernel = sysroot === undefined ? args.kernel : kernelVersionOf({ sysroot, kernel: args.kernel });
  const { initrd, like: other } = initrds;
  const fullInitrd = initrd && { name: args.initrd ?? '', contents: initrd, kernel };
  const like = other && { name: args.like ?? '', contents: other };
  const data: Given = {
    config,
    plan,
    fullInitrd,
    like,
    ...readImage(args.image),
    ...systemOf(sysroot, kernel),
  };
  const checked = await runChecks(data);
  const measured = build && limitOf(config) ? await measure(data, checked, work) : {};
  const { findings } = await runChecks({ ...data, ...measured.limited }, checked);
  return [...findings, ...(measured.problem ? [measured.problem] : [])].map(
    (item): Finding => ({ file: config.file, ...item, message: `${plan.platform}: ${item.message}` }),
  );
}

function systemOf(sysroot: string | undefined, kernel: string | undefined): ReturnType<typeof readSystem> {
  return sysroot === undefined || kernel === undefined ? {} : readSystem(resolve(sysroot), kernel);
}

/** The setting that limits what only a build tells; undefined where none does. */
function limitOf({ settings: { Initrd } }: PlatformConfig): SettingName | undefined {
  if (Initrd.SizeBudget > 0) return 'Initrd.SizeBudget';
  return Initrd.MemoryLimit > 0 ? 'Initrd.MemoryLimit' : undefined;
}

/** What a minimal initrd needs, or why it has none. */
interface Measured {
  readonly limited?: ReturnType<typeof limitedOf>;
  readonly problem?: Finding;
}

/** Builds, to know the size, unless the sysroot was found to lack something. */
async function measure(data: Given, checked: Checked, work: string): Promise<Measured> {
  const { config, plan, system, sysroot, kernel } = data;
  if (!system) return {};
  if (sysroot === undefined || !kernel || systemLacks(checked)) return { problem: notMeasured(config) };
  const { manifest } = await buildMinimalInitrd({ config, plan, sysroot, kernel, work });
  return { limited: limitedOf(manifest) };
}

function notMeasured(config: PlatformConfig): Finding {
  const message = 'the size of the minimal initrd is not measured: it cannot be built with these errors';
  return finding('check-incomplete', message, placeOf(config, limitOf(config) ?? 'Initrd.SizeBudget'));
}
