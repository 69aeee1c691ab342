/** `bootrelay check`: findings only. With a sysroot also: does it have what the boot needs. */
import { mkdtempSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { checkBudget } from '../build/budget.ts';
import { buildMinimalInitrd } from '../build/build.ts';
import { type InitrdUnit, unitsOfSkeleton } from '../build/initrd-units.ts';
import { checkLibraries } from '../build/libraries.ts';
import { checkLoadedModules } from '../build/loaded-modules.ts';
import { checkRequirements } from '../build/requirements.ts';
import { bootrelayVersion } from '../build/version.ts';
import { thinOf } from '../config/image-format.ts';
import type { PlatformConfig } from '../config/validate.ts';
import { allowableKinds, type Finding, type FindingKind, hasErrors } from '../findings.ts';
import { checkSharing } from '../pack/record.ts';
import type { BootPlan } from '../plan/boot-plan.ts';
import { renderSkeleton } from '../render/skeleton.ts';
import { formatGithub, formatSarif } from '../review/format-findings.ts';
import { checkFullInitrd } from '../review/full-initrd.ts';
import { type PlannedPlatform, planPlatforms } from './platforms.ts';
import { createProgress } from './progress.ts';
import { type CommandResult, UsageError } from './result.ts';
import { withWorkDirectory } from './temporary.ts';

export interface CheckArguments {
  readonly platforms: readonly string[];
  readonly set: readonly string[];
  readonly sysroot: string | undefined;
  readonly kernel: string | undefined;
  /** A packed full initrd, to compare with the sysroot's /usr. */
  readonly image?: string | undefined;
  /** A full initrd as dracut makes it. */
  readonly initrd?: string | undefined;
  /** Whether it is built, to compare its size with the budget. */
  readonly build?: boolean;
  readonly json: boolean;
  /** Kinds of findings on which the check fails otherwise. */
  readonly allow?: readonly string[];
  /** How the findings are printed; as for people unless told. */
  readonly format?: 'text' | 'sarif' | 'github';
}

export async function check(args: CheckArguments): Promise<CommandResult> {
  const { sysroot, kernel } = args;
  if (sysroot !== undefined && kernel === undefined) throw new UsageError('--sysroot needs --kernel');
  if (kernel !== undefined && sysroot === undefined && args.initrd === undefined)
    throw new UsageError('--kernel needs --sysroot, or --initrd');
  if (args.image !== undefined && sysroot === undefined)
    throw new UsageError('--image needs --sysroot and --kernel: it is compared with the /usr of the sysroot');
  const refused = refusedKinds(args);
  const { planned, findings: own } = planPlatforms(args);
  const against = await withWorkDirectory(async (work) => {
    const progress = createProgress(args.json);
    const found: Finding[] = [];
    for (const platform of planned) {
      progress.begin(`checking ${platform.config.name}`);
      found.push(...(await checkAgainst(platform, args, mkdtempSync(join(work, 'platform-')))));
    }
    progress.end();
    return found;
  });
  const findings = [...own, ...against];
  const counts = (['error', 'warning', 'note'] as const).map((severity) => {
    const count = findings.filter((item) => item.severity === severity).length;
    return `${count} ${severity}${count === 1 ? '' : 's'}`;
  });
  const units = planned.map((platform) => ({
    platform: platform.config.name,
    units: unitsOfFullInitrd(platform, args),
  }));
  const exitCode = hasErrors(findings) || findings.some(({ kind }) => refused.includes(kind)) ? 1 : 0;
  if (args.format === 'sarif' || args.format === 'github') {
    const text =
      args.format === 'github' ? formatGithub(findings) : formatSarif(findings, bootrelayVersion());
    return { exitCode, text, json: { command: 'check' }, findings: [] };
  }
  const platforms = `${args.platforms.length} platform${args.platforms.length === 1 ? '' : 's'}`;
  return {
    exitCode,
    text: [...units.flatMap(formatUnits), `${platforms}: ${counts.join(', ')}`].join('\n'),
    json: {
      command: 'check',
      platforms: planned.map(({ config }) => config.name),
      units: units.filter((entry) => entry.units.length > 0),
    },
    findings,
  };
}

/** Kinds on which `check` fails although they are no errors. */
function refusedKinds({ allow = [] }: CheckArguments): readonly FindingKind[] {
  const unknown = allow.find((kind) => !(allowableKinds as readonly string[]).includes(kind));
  if (unknown !== undefined)
    throw new UsageError(`--allow takes ${allowableKinds.join(' or ')}, not "${unknown}"`);
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
  return [`${platform}: units of the full initrd, and what asks for each`, ...lines, ''];
}

async function checkAgainst(
  { plan, config }: PlannedPlatform,
  args: CheckArguments,
  work: string,
): Promise<readonly Finding[]> {
  const findings = [
    ...(await checkWithSysroot(config, plan, args, work)),
    ...(await checkInitrd(config, plan, args, work)),
  ];
  return findings.map((item): Finding => ({ ...item, message: `${plan.platform}: ${item.message}` }));
}

async function checkInitrd(
  config: PlatformConfig,
  plan: BootPlan,
  { initrd, kernel }: CheckArguments,
  work: string,
): Promise<readonly Finding[]> {
  if (initrd === undefined) return [];
  if (config.settings.FullInitrd.Source === 'usr')
    throw new UsageError(`${config.name} has FullInitrd.Source=usr: it has no full initrd to check`);
  return checkFullInitrd(config, plan, initrd, kernel, work);
}

async function checkWithSysroot(
  config: PlatformConfig,
  plan: BootPlan,
  args: CheckArguments,
  work: string,
): Promise<readonly Finding[]> {
  if (args.sysroot === undefined || args.kernel === undefined) return [];
  const sysroot = resolve(args.sysroot);
  const { findings, kernel } = checkRequirements(config, plan, sysroot, args.kernel);
  const libraries = await checkLibraries(config, plan, sysroot);
  const modules = kernel ? await checkLoadedModules(plan, sysroot, kernel) : [];
  const found = [...findings, ...libraries, ...modules, ...checkImage(config, args.image, sysroot)];
  if (hasErrors(found) || args.build === false || config.settings.Initrd.SizeBudget === 0) return found;
  const { findings: built } = await buildMinimalInitrd({
    config,
    plan,
    sysroot,
    kernel: args.kernel,
    work,
  });
  return [...found, ...built.filter(({ kind }) => kind === 'over-budget')];
}

function checkImage(config: PlatformConfig, image: string | undefined, sysroot: string): readonly Finding[] {
  if (image === undefined) return [];
  const { size } = statSync(image);
  return [
    ...checkSharing(image, thinOf(config.settings), join(sysroot, 'usr')),
    ...checkBudget(config, 'FullInitrd', size),
  ];
}
