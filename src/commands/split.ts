/** `bootrelay split`: the initrd of a system -> a minimal initrd, the image that it mounts, and where each goes. */
import { readdirSync, renameSync, rmdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { placeOfImage } from '../config/image-host.ts';
import type { PlatformSettings } from '../config/settings.ts';
import { checkingInit } from '../config/usr-units.ts';
import { UsageError } from '../errors.ts';
import type { Finding } from '../findings.ts';
import { planOnePlatform, uniqueFindings } from '../host/platforms.ts';
import { withProgress } from '../host/progress.ts';
import { requireRegularFile } from '../host/regular-file.ts';
import { replaceDirectory } from '../host/replace-directory.ts';
import type { CommandResult } from '../host/result.ts';
import { withWorkDirectory } from '../host/temporary.ts';
import { readInit } from '../initrd/init.ts';
import type { Manifest } from '../json/manifest.ts';
import { formatBytes } from '../text/bytes.ts';
import { build } from './build.ts';
import { pack } from './pack.ts';

export interface SplitArguments {
  readonly platform: string;
  readonly set: readonly string[];
  /** The initrd that boots the system now. */
  readonly initrd: string;
  readonly sysroot: string;
  readonly kernel: string | undefined;
  /** A directory that is replaced as a whole. */
  readonly output: string;
  /** The image is called after its root hash, in the directory of FullInitrd.Image. */
  readonly byHash: boolean;
  readonly json: boolean;
}

const imageName = 'full-initrd.img';

/** What of the results of `pack` and `build` is told again. */
interface Split {
  /** The image's file in the output directory, and its path where it goes. */
  readonly name: string;
  readonly path: string;
  readonly initrdSize: number;
  readonly imageSize: number;
  readonly rootHash: string | undefined;
  readonly manifest: Manifest;
}

/** Packs the image, then builds the minimal initrd for it. Exit code 1 where a check finds an error; nothing is written then. */
export async function split(args: SplitArguments): Promise<CommandResult> {
  const loaded = planOnePlatform('split', args.platform, args.set);
  if ('failed' in loaded) return loaded.failed;
  const { settings } = loaded.platform.config;
  if (settings.FullInitrd.Source === 'usr')
    throw new UsageError("there is nothing to split: FullInitrd.Source=usr takes the system's own /usr");
  requireRegularFile(args.initrd, 'an initrd');
  const set = [...args.set, ...(await setForInit(settings, args))];
  const refused = new Refused();
  return replaceDirectory(args.output, async (fresh) => {
    const first = join(fresh, imageName);
    const packed = refused.unless(await pack({ ...args, set, output: first }));
    const name = args.byHash ? nameByHash(packed) : imageName;
    const image = join(fresh, name);
    for (const ending of ['', '.cdx.json', '.spdx.json'])
      renameSync(`${first}${ending}`, `${image}${ending}`);
    const path = join(dirname(settings.FullInitrd.Image), name);
    const ofImage = args.byHash ? [...set, `FullInitrd.Image=${path}`] : set;
    const made = join(fresh, 'build');
    const built = refused.unless(await build({ ...args, set: ofImage, image, output: made }));
    for (const file of readdirSync(made)) renameSync(join(made, file), join(fresh, file));
    rmdirSync(made);
    const told = { ...packed.json, name, path, manifest: built.json.manifest } as unknown as Split;
    const all = uniqueFindings([...packed.findings, ...built.findings]);
    const findings = all.map((item) => withoutTemporary(item, args.output));
    return { ...resultOf(settings, args, told), findings };
  }).catch((error: unknown) => {
    if (error !== refused || !refused.result) throw error;
    const findings = refused.result.findings.map((item) => withoutTemporary(item, args.output));
    return { ...refused.result, json: { command: 'split' }, findings };
  });
}

/** A finding that speaks of the output directory by its name, and not of the one that takes its place. */
function withoutTemporary(item: Finding, output: string): Finding {
  const name = basename(output).replaceAll(/[^\w-]/g, '\\$&');
  return {
    ...item,
    message: item.message.replaceAll(new RegExp(`\\.${name}\\.\\w{6}(?=/)`, 'g'), basename(output)),
  };
}

/** Throws UsageError for an image that has no hash of its own. */
function nameByHash({ json }: CommandResult): string {
  const { rootHash } = json as Partial<Split>;
  if (rootHash === undefined)
    throw new UsageError(
      '--by-hash needs FullInitrd.Host=partition: an image in /usr has no root hash of its own',
    );
  return `${rootHash}.img`;
}

/** Ends the making of a directory that must not be put in its place, with the result of what refused it. */
class Refused extends Error {
  result: CommandResult | undefined;

  unless(result: CommandResult): CommandResult {
    if (result.exitCode === 0) return result;
    this.result = result;
    throw this;
  }
}

/** An initrd without systemd gets a program in front of its init, which checks and then starts that. */
async function setForInit(
  { FullInitrd }: PlatformSettings,
  { initrd, json }: SplitArguments,
): Promise<readonly string[]> {
  const init = await withWorkDirectory((work) =>
    withProgress(json, (progress) => {
      progress.begin(`reading ${initrd}`);
      return readInit(initrd, work);
    }),
  );
  if (init === 'bootrelay')
    throw new UsageError(
      `${initrd} is a minimal initrd of bootrelay's already: the initrd that it was made of is wanted`,
    );
  return init === 'systemd' || FullInitrd.Init !== '/init' ? [] : [`FullInitrd.Init=${checkingInit}`];
}

function resultOf(
  settings: PlatformSettings,
  { output, initrd, byHash }: SplitArguments,
  { name, path, initrdSize, imageSize, rootHash, manifest }: Split,
): Omit<CommandResult, 'findings'> {
  const Image = byHash ? path : settings.FullInitrd.Image;
  const placed = { FullInitrd: { ...settings.FullInitrd, Image } };
  const files = [
    {
      file: join(output, 'initrd.img'),
      size: manifest.initrd.size,
      place: `the boot loader entry or UKI, instead of ${initrd}`,
    },
    { file: join(output, name), size: imageSize, place: placeOfImage(placed) },
  ];
  const width = Math.max(...files.map(({ file }) => file.length));
  const text = [
    `${initrd}: ${formatBytes(initrdSize)}; what it becomes, which goes together:`,
    ...files.map(
      ({ file, size, place }) => `  ${file.padEnd(width)} ${formatBytes(size).padStart(9)}  goes to ${place}`,
    ),
    ...(rootHash === undefined
      ? []
      : [`root hash of the image${settings.Verity.RootHash === 'image' ? ', built in' : ''}: ${rootHash}`]),
    '',
  ];
  return {
    exitCode: 0,
    text: text.join('\n'),
    json: { command: 'split', output, files, rootHash, manifest },
  };
}
