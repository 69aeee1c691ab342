/** `bootrelay build`: the minimal initrd, its file list, sizes and manifest. */
import { copyFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readImage } from '../check/image.ts';
import { runChecks } from '../check/run-checks.ts';
import { readSystem } from '../check/system.ts';
import { withoutSecrets } from '../config/secrets.ts';
import { type Finding, hasErrors } from '../findings.ts';
import { type PlannedPlatform, planOnePlatform } from '../host/platforms.ts';
import { type Progress, withProgress } from '../host/progress.ts';
import { replaceDirectory } from '../host/replace-directory.ts';
import type { CommandResult } from '../host/result.ts';
import { withWorkDirectory } from '../host/temporary.ts';
import { type Build, buildMinimalInitrd } from '../minimal/build.ts';
import { limitedOf } from '../minimal/manifest.ts';
import type { BootPlan } from '../plan/boot-plan.ts';

export interface BuildArguments {
  readonly platform: string;
  readonly set: readonly string[];
  readonly sysroot: string;
  readonly kernel: string;
  readonly output: string;
  /** The packed full initrd that goes with it, to compare with the sysroot's /usr. */
  readonly image?: string | undefined;
  readonly json: boolean;
}

/** Exit code 1 where `check` has errors for it; nothing is written then. */
export async function build(args: BuildArguments): Promise<CommandResult> {
  const loaded = planOnePlatform('build', args.platform, args.set);
  if ('failed' in loaded) return loaded.failed;
  const { config, plan } = loaded.platform;
  return withWorkDirectory(async (work) => {
    const { built, findings: found } = await withProgress(args.json, (progress) =>
      checkAndBuild(loaded.platform, args, work, progress),
    );
    const findings = [...loaded.findings, ...found];
    const sizes = built?.sizes ?? '';
    if (!built || hasErrors(findings)) {
      return { exitCode: 1, text: sizes, json: { command: 'build' }, findings };
    }
    const { manifest } = built;
    await replaceDirectory(args.output, (fresh) => writeBuild(built, withoutSecrets(plan, config), fresh));
    const text = `${sizes}\n${join(args.output, 'initrd.img')}\n`;
    return { exitCode: 0, text, json: { command: 'build', output: args.output, manifest }, findings };
  });
}

interface CheckedBuild {
  /** Absent where the checks found errors before. */
  readonly built?: Build;
  readonly findings: readonly Finding[];
}

async function checkAndBuild(
  { config, plan }: PlannedPlatform,
  { image, ...args }: BuildArguments,
  work: string,
  progress: Progress,
): Promise<CheckedBuild> {
  const sysroot = resolve(args.sysroot);
  const data = { config, plan, ...readSystem(sysroot, args.kernel), ...readImage(image) };
  progress.begin(`checking ${config.name}`);
  const checked = await runChecks(data);
  if (!data.kernel || hasErrors(checked.findings)) return checked;
  progress.begin(`building the minimal initrd of ${config.name}`);
  const built = await buildMinimalInitrd({ config, plan, sysroot, kernel: data.kernel, image, work });
  const { findings } = await runChecks({ ...data, ...limitedOf(built.manifest) }, checked);
  return { built, findings };
}

/** The files of a build in `directory`: the image with the mode that it has, and the rest for all to read. */
function writeBuild({ image, mtree, sizes, manifest }: Build, plan: BootPlan, directory: string): void {
  copyFileSync(image, join(directory, 'initrd.img'));
  writeFileSync(join(directory, 'initrd.mtree'), mtree);
  writeFileSync(join(directory, 'sizes.txt'), sizes);
  writeFileSync(join(directory, 'manifest.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  writeFileSync(join(directory, 'plan.json'), `${JSON.stringify(plan, undefined, 2)}\n`);
}
