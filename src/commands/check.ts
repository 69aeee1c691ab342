/** `bootrelay check`: findings only. With a sysroot also: does it have what the boot needs. */
import { resolve } from 'node:path';
import { checkSysroot } from '../build/requirements.ts';
import { thinOf } from '../config/image-format.ts';
import { type Finding, hasErrors } from '../findings.ts';
import { checkSharing } from '../pack/record.ts';
import { type PlannedPlatform, planPlatforms } from './platforms.ts';
import { type CommandResult, UsageError } from './result.ts';

export interface CheckArguments {
  readonly platforms: readonly string[];
  readonly set: readonly string[];
  readonly sysroot: string | undefined;
  readonly kernel: string | undefined;
  /** A packed full initrd, to compare with the sysroot's /usr. */
  readonly image?: string | undefined;
}

export async function check(args: CheckArguments): Promise<CommandResult> {
  const { sysroot, kernel } = args;
  if ((sysroot === undefined) !== (kernel === undefined))
    throw new UsageError('--sysroot and --kernel go together');
  if (args.image !== undefined && sysroot === undefined)
    throw new UsageError('--image needs --sysroot and --kernel: it is compared with the /usr of the sysroot');
  const { planned, findings: own } = planPlatforms(args);
  const findings = [...own, ...planned.flatMap((platform) => checkAgainst(platform, args))];
  const counts = (['error', 'warning', 'note'] as const).map((severity) => {
    const count = findings.filter((item) => item.severity === severity).length;
    return `${count} ${severity}${count === 1 ? '' : 's'}`;
  });
  const platforms = `${args.platforms.length} platform${args.platforms.length === 1 ? '' : 's'}`;
  return {
    exitCode: hasErrors(findings) ? 1 : 0,
    text: `${platforms}: ${counts.join(', ')}`,
    json: { command: 'check', platforms: planned.map(({ config }) => config.name) },
    findings,
  };
}

function checkAgainst({ plan, config }: PlannedPlatform, { sysroot, kernel, image }: CheckArguments) {
  if (sysroot === undefined || kernel === undefined) return [];
  const { findings } = checkSysroot(plan, resolve(sysroot), kernel);
  const thin = thinOf(config.settings);
  const shared = image === undefined ? [] : checkSharing(image, thin, resolve(sysroot, 'usr'));
  return [...findings, ...shared].map(
    (item): Finding => ({ ...item, message: `${plan.platform}: ${item.message}` }),
  );
}
