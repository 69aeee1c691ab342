/** `bootrelay build`: the minimal initrd, its file list, sizes and manifest. */
import { copyFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { formatBill } from '../bom/formats.ts';
import { readSystemPackages } from '../bom/system-packages.ts';
import { readImage } from '../check/image.ts';
import { runChecks } from '../check/run-checks.ts';
import { readSystem } from '../check/system.ts';
import { withoutSecrets } from '../config/secrets.ts';
import { type Finding, hasErrors } from '../findings.ts';
import { watchInputs } from '../host/depfile.ts';
import { kernelVersionOf } from '../host/kernel-version.ts';
import { type PlannedPlatform, planOnePlatform, sealWithImage } from '../host/platforms.ts';
import { type Progress, withProgress } from '../host/progress.ts';
import { replaceDirectory } from '../host/replace-directory.ts';
import type { CommandResult } from '../host/result.ts';
import { withWorkDirectory } from '../host/temporary.ts';
import { recordFile } from '../initrd/record.ts';
import { formatNames } from '../json/format-names.ts';
import { billOfInitrd } from '../minimal/bill.ts';
import { type Build, buildMinimalInitrd } from '../minimal/build.ts';
import { limitedOf, withPackages } from '../minimal/manifest.ts';
import type { BootPlan } from '../plan/boot-plan.ts';

/** The file of the initrd in the output directory. */
const imageName = 'initrd.img';

export interface BuildArguments {
  readonly platform: string;
  readonly set: readonly string[];
  readonly sysroot: string;
  readonly kernel: string | undefined;
  readonly output: string;
  /** The packed full initrd that goes with it, to compare with the sysroot's /usr. */
  readonly image?: string | undefined;
  readonly depfile?: string | undefined;
  readonly json: boolean;
}

/** Exit code 1 where `check` has errors for it; nothing is written then. */
export async function build(args: BuildArguments): Promise<CommandResult> {
  const loaded = planOnePlatform('build', args.platform, args.set);
  if ('failed' in loaded) return loaded.failed;
  const platform = await sealWithImage(loaded.platform, args.image);
  const { config, plan } = platform;
  const sysroot = resolve(args.sysroot);
  const depfile = watchInputs(args.depfile, [args.sysroot, args.image, args.image && recordFile(args.image)]);
  return withWorkDirectory(async (work) => {
    const { built, findings: found } = await withProgress(args.json, (progress) =>
      checkAndBuild(platform, args, work, progress),
    );
    const findings = [...loaded.findings, ...found];
    const sizes = built?.sizes ?? '';
    if (!built || hasErrors(findings)) {
      return { exitCode: 1, text: sizes, json: { command: 'build' }, findings };
    }
    const system = readSystemPackages(sysroot);
    const { sha256 } = built.manifest.initrd;
    const bill = billOfInitrd({ ...built, name: imageName, kernel: built.manifest.kernel, sha256, system });
    const manifest = withPackages(built.manifest, bill);
    await replaceDirectory(args.output, (fresh) => {
      writeBuild({ ...built, manifest }, withoutSecrets(plan, config), fresh);
      for (const [ending, text] of formatBill(bill)) writeFileSync(join(fresh, `sbom${ending}`), text);
    });
    await depfile.write([{ output: join(args.output, imageName), platform: loaded.platform }]);
    const text = `${sizes}\n${join(args.output, imageName)}\n`;
    const json = { command: 'build', output: args.output, manifest };
    return { exitCode: 0, text, json, findings: [...findings, ...system.findings] };
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
  const data = { config, plan, ...readSystem(sysroot, kernelVersionOf(args)), ...readImage(image) };
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
  copyFileSync(image, join(directory, imageName));
  writeFileSync(join(directory, 'initrd.mtree'), mtree);
  writeFileSync(join(directory, 'sizes.txt'), sizes);
  writeFileSync(join(directory, 'manifest.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  writeFileSync(
    join(directory, 'plan.json'),
    `${JSON.stringify({ format: formatNames.plan, ...plan }, undefined, 2)}\n`,
  );
}
