/** `bootrelay check`: findings only. With a sysroot also: does it have what the boot needs. */
import { resolve } from 'node:path';
import { type InitrdUnit, unitsOfSkeleton } from '../build/initrd-units.ts';
import { checkLibraries } from '../build/libraries.ts';
import { checkRequirements } from '../build/requirements.ts';
import { bootrelayVersion } from '../build/version.ts';
import { thinOf } from '../config/image-format.ts';
import { allowableKinds, type Finding, type FindingKind, hasErrors } from '../findings.ts';
import { checkSharing } from '../pack/record.ts';
import { renderSkeleton } from '../render/skeleton.ts';
import { formatGithub, formatSarif } from '../review/format-findings.ts';
import { type PlannedPlatform, planPlatforms } from './platforms.ts';
import { type CommandResult, UsageError } from './result.ts';

export interface CheckArguments {
  readonly platforms: readonly string[];
  readonly set: readonly string[];
  readonly sysroot: string | undefined;
  readonly kernel: string | undefined;
  /** A packed full initrd, to compare with the sysroot's /usr. */
  readonly image?: string | undefined;
  /** Kinds of findings on which the check fails otherwise. */
  readonly allow?: readonly string[];
  /** How the findings are printed; as for people unless told. */
  readonly format?: 'text' | 'sarif' | 'github';
}

export async function check(args: CheckArguments): Promise<CommandResult> {
  const { sysroot, kernel } = args;
  if ((sysroot === undefined) !== (kernel === undefined))
    throw new UsageError('--sysroot and --kernel go together');
  if (args.image !== undefined && sysroot === undefined)
    throw new UsageError('--image needs --sysroot and --kernel: it is compared with the /usr of the sysroot');
  const refused = refusedKinds(args);
  const { planned, findings: own } = planPlatforms(args);
  const against = await Promise.all(planned.map((platform) => checkAgainst(platform, args)));
  const findings = [...own, ...against.flat()];
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
  { sysroot, kernel, image }: CheckArguments,
): Promise<readonly Finding[]> {
  if (sysroot === undefined || kernel === undefined) return [];
  const { findings } = checkRequirements(config, plan, resolve(sysroot), kernel);
  const thin = thinOf(config.settings);
  const shared = image === undefined ? [] : checkSharing(image, thin, resolve(sysroot, 'usr'));
  const libraries = await checkLibraries(plan, resolve(sysroot));
  return [...findings, ...libraries, ...shared].map(
    (item): Finding => ({ ...item, message: `${plan.platform}: ${item.message}` }),
  );
}
