/** `bootrelay matrix`: the builds of several platforms, kernels and forms, for CI or as a file for Ninja; it runs none of them. */
import type { PlatformConfig } from '../config/validate.ts';
import { UsageError } from '../errors.ts';
import { hasErrors } from '../findings.ts';
import { formatNinja, type Job, type JobForm, shellCommand } from '../host/jobs.ts';
import { kernelVersionsOf } from '../host/kernel-version.ts';
import { configurationFailed, planPlatforms } from '../host/platforms.ts';
import type { CommandResult } from '../host/result.ts';

export interface MatrixArguments {
  readonly platforms: readonly string[];
  readonly set: readonly string[];
  readonly sysroot: string;
  readonly kernel: readonly string[];
  readonly form: readonly JobForm[];
  readonly output: string;
  /** What is started as bootrelay. */
  readonly program: string;
  readonly format: 'text' | 'github' | 'ninja';
  readonly json: boolean;
}

/** Exit code 2 where a platform has errors: nothing is printed for others then. */
export async function matrix(args: MatrixArguments): Promise<CommandResult> {
  const { planned, findings } = planPlatforms(args);
  if (hasErrors(findings)) return configurationFailed('matrix', findings);
  const ofImage = planned.find(({ config }) => config.settings.Verity.RootHash === 'image');
  if (ofImage)
    throw new UsageError(
      `${ofImage.config.file}: each build needs an image of its own (Verity.RootHash=image), which matrix does not know; \`bootrelay split\` makes both`,
    );
  const other = args.kernel.find((kernel) => !/^[\w.+~-]+$/.test(kernel) || /^\.+$/.test(kernel));
  if (other !== undefined) throw new UsageError(`--kernel "${other}" must be the version of a kernel`);
  const kernels = args.kernel.length > 0 ? args.kernel : kernelVersionsOf(args.sysroot);
  const jobs = planned.flatMap(({ config }) => kernels.flatMap((kernel) => jobsOf(config, kernel, args)));
  requireDifferentNames(jobs);
  const text = {
    text: () => `${jobs.map((job) => shellCommand(job, args.program)).join('\n')}\n`,
    github: () => `${JSON.stringify({ include: jobs })}\n`,
    ninja: () => formatNinja(jobs, args.program),
  }[args.format]();
  return { exitCode: 0, text, json: { command: 'matrix', jobs }, findings };
}

/** One job a form: that of the platform, or each that is asked for. */
function jobsOf(config: PlatformConfig, kernel: string, args: MatrixArguments): readonly Job[] {
  const own = config.settings.Initrd.Init;
  const forms = args.form.length > 0 ? args.form : [own];
  return forms.map((form) => {
    const name = [config.name, kernel, ...(args.form.length > 0 ? [form] : [])].join('_');
    const set = form === own ? args.set : [...args.set, `Initrd.Init=${form}`];
    return {
      name,
      platform: config.file,
      kernel,
      form,
      set,
      sysroot: args.sysroot,
      output: `${args.output}/${name}`,
    };
  });
}

function requireDifferentNames(jobs: readonly Job[]): void {
  const names = jobs.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined)
    throw new UsageError(`two builds are named ${twice}; set Platform.Name in one of the platforms`);
}
