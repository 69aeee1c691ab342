/** `bootrelay pack`: a full initrd -> the image for /usr. */
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { withWorkDirectory } from '../build/build.ts';
import { formatBytes } from '../build/size-table.ts';
import { fullInitrdMountPoints, packFullInitrd } from '../pack/pack.ts';
import { planOnePlatform } from './platforms.ts';
import type { CommandResult } from './result.ts';

export interface PackArguments {
  readonly platform: string;
  readonly set: readonly string[];
  readonly initrd: string;
  readonly output: string;
}

export async function pack(args: PackArguments): Promise<CommandResult> {
  const loaded = planOnePlatform('pack', args.platform, args.set);
  if ('failed' in loaded) return loaded.failed;
  const { FileSystem, Image } = loaded.platform.config.settings.FullInitrd;
  mkdirSync(dirname(args.output), { recursive: true });
  const fresh = join(dirname(args.output), `.${basename(args.output)}.${process.pid}`);
  const packed = await withWorkDirectory(async (work) => {
    try {
      const result = await packFullInitrd({
        initrd: args.initrd,
        fileSystem: FileSystem,
        mountPoints: fullInitrdMountPoints,
        output: fresh,
        work,
      });
      renameSync(fresh, args.output);
      return result;
    } finally {
      rmSync(fresh, { force: true });
    }
  });
  const early = packed.earlySize > 0 ? `, ${formatBytes(packed.earlySize)} of early cpio left out` : '';
  const text =
    `${args.initrd}: ${formatBytes(packed.initrdSize)}, ${packed.compression}${early}\n` +
    `${args.output}: ${formatBytes(packed.imageSize)}, ${FileSystem}; goes to ${Image}\n`;
  const json = { command: 'pack', output: args.output, fileSystem: FileSystem, target: Image, ...packed };
  return { exitCode: 0, text, json, findings: loaded.findings };
}
