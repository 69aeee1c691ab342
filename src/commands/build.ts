/** `bootrelay build`: the minimal initrd, its file list, sizes and manifest. */
import { copyFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { checkImage, imageNotChecked } from '../check/image.ts';
import { withoutSecrets } from '../config/secrets.ts';
import { hasErrors } from '../findings.ts';
import { planOnePlatform } from '../host/platforms.ts';
import { withProgress } from '../host/progress.ts';
import { replaceDirectory } from '../host/replace-directory.ts';
import type { CommandResult } from '../host/result.ts';
import { withWorkDirectory } from '../host/temporary.ts';
import { type Build, buildMinimalInitrd } from '../minimal/build.ts';
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

/** Exit code 1 where the sysroot lacks something or the image is over budget; nothing is written then. */
export async function build(args: BuildArguments): Promise<CommandResult> {
  const loaded = planOnePlatform('build', args.platform, args.set);
  if ('failed' in loaded) return loaded.failed;
  return withWorkDirectory(async (work) => {
    const { sysroot, kernel, image } = args;
    const options = { ...loaded.platform, sysroot: resolve(sysroot), kernel, image, work };
    const result = await withProgress(args.json, (progress) => {
      progress.begin(`building the minimal initrd of ${loaded.platform.config.name}`);
      return buildMinimalInitrd(options);
    });
    const { config } = loaded.platform;
    const shared =
      image === undefined ? imageNotChecked(config) : checkImage(image, config, resolve(sysroot, 'usr'));
    const findings = [...loaded.findings, ...result.findings, ...shared];
    const sizes = result.build?.sizes ?? '';
    if (!result.build || hasErrors(findings)) {
      return { exitCode: 1, text: sizes, json: { command: 'build' }, findings };
    }
    const { manifest } = result.build;
    await replaceDirectory(args.output, (fresh) =>
      writeBuild(result.build as Build, withoutSecrets(loaded.platform.plan, config), fresh),
    );
    const text = `${sizes}\n${join(args.output, 'initrd.img')}\n`;
    return { exitCode: 0, text, json: { command: 'build', output: args.output, manifest }, findings };
  });
}

/** The files of a build in `directory`: the image with the mode that it has, and the rest for all to read. */
function writeBuild({ image, mtree, sizes, manifest }: Build, plan: BootPlan, directory: string): void {
  copyFileSync(image, join(directory, 'initrd.img'));
  writeFileSync(join(directory, 'initrd.mtree'), mtree);
  writeFileSync(join(directory, 'sizes.txt'), sizes);
  writeFileSync(join(directory, 'manifest.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  writeFileSync(join(directory, 'plan.json'), `${JSON.stringify(plan, undefined, 2)}\n`);
}
