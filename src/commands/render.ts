/** `bootrelay render`: writes what will run, for review. */
import { join } from 'node:path';
import { UsageError } from '../errors.ts';
import { hasErrors } from '../findings.ts';
import { watchInputs } from '../host/depfile.ts';
import { writeTree } from '../host/files.ts';
import { configurationFailed, type PlatformArguments, planPlatforms } from '../host/platforms.ts';
import { replaceDirectory } from '../host/replace-directory.ts';
import type { CommandResult } from '../host/result.ts';
import { renderPlatform } from '../render/platform.ts';

export interface RenderArguments extends PlatformArguments {
  readonly output: string;
  readonly depfile?: string | undefined;
}

/** Writes what will run, a directory for each platform. Exit code 2, and nothing written, where one has errors. */
export async function render(args: RenderArguments): Promise<CommandResult> {
  const { planned, findings } = planPlatforms(args);
  if (hasErrors(findings)) return configurationFailed('render', findings);
  const names = planned.map(({ config }) => config.name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined)
    throw new UsageError(`two platforms are named ${twice}; set Platform.Name in one of them`);

  const trees = planned.map(({ config, plan }) => ({
    name: config.name,
    tree: renderPlatform(config, plan),
  }));
  for (const { name, tree } of trees) {
    await replaceDirectory(join(args.output, name), (fresh) => writeTree(tree, fresh));
  }
  const targets = planned.map((platform) => ({
    output: join(args.output, platform.config.name, 'explain.txt'),
    platform,
  }));
  await watchInputs(args.depfile, []).write(targets);
  const rendered = trees.map(({ name, tree }) => ({
    platform: name,
    directory: join(args.output, name),
    files: [...tree.keys()],
  }));
  const text = rendered.map(({ directory, files }) => `${directory}: ${files.length} files`).join('\n');
  return { exitCode: 0, text, json: { command: 'render', rendered }, findings };
}
