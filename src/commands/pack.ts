/** `bootrelay pack`: a full initrd -> its image, for /usr or for a partition. */
import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { formatBill } from '../bom/formats.ts';
import { readSystemPackages, type SystemPackages } from '../bom/system-packages.ts';
import { runChecks } from '../check/run-checks.ts';
import { imageFormatOf, type Thin, thinOf } from '../config/image-format.ts';
import { placeOfImage, usesUsr } from '../config/image-host.ts';
import type { PlatformConfig } from '../config/validate.ts';
import { UsageError } from '../errors.ts';
import { type Finding, hasErrors } from '../findings.ts';
import { watchInputs } from '../host/depfile.ts';
import { type PlannedPlatform, planOnePlatform } from '../host/platforms.ts';
import { withProgress } from '../host/progress.ts';
import { requireRegularFile } from '../host/regular-file.ts';
import { replaceFile } from '../host/replace-file.ts';
import type { CommandResult } from '../host/result.ts';
import { withWorkDirectory } from '../host/temporary.ts';
import { recordFile } from '../initrd/record.ts';
import { addedCheck } from '../pack/added-check.ts';
import { billOfImage } from '../pack/bill.ts';
import { type Packed, type PackedFile, packFullInitrd } from '../pack/pack.ts';
import { recordSharing } from '../pack/record-sharing.ts';
import { formatBytes } from '../text/bytes.ts';
import { sha256OfFile } from '../tools/sha256.ts';

export interface PackArguments {
  readonly platform: string;
  readonly set: readonly string[];
  readonly initrd: string;
  readonly sysroot: string | undefined;
  readonly output: string;
  /** Where the bills of materials go: PREFIX.spdx.json and PREFIX.cdx.json. */
  readonly sbom?: string | undefined;
  readonly depfile?: string | undefined;
  readonly json: boolean;
}

/**
 * Writes the image, its bills of materials, and for a thin one the record of what it shares; each of them knows its image.
 * Exit code 1 where it is over budget; nothing is written then.
 */
export async function pack(args: PackArguments): Promise<CommandResult> {
  const loaded = planOnePlatform('pack', args.platform, args.set);
  if ('failed' in loaded) return loaded.failed;
  const { config } = loaded.platform;
  const kind = requireThin(config, args);
  requireRegularFile(args.initrd, 'a full initrd');
  const depfile = watchInputs(args.depfile, [args.initrd, args.sysroot]);
  const { packed, findings } = await withWorkDirectory((work) =>
    withProgress(args.json, (progress) => {
      progress.begin(`packing ${args.initrd}`);
      return replaceFile(args.output, async (fresh) => {
        const made = await packAndCheck(loaded.platform, args, fresh, work);
        if (hasErrors(made.findings)) rmSync(fresh);
        else await replaceCompanions(args, fresh, made, kind);
        return { ...made, findings: [...loaded.findings, ...made.findings] };
      });
    }),
  );
  if (hasErrors(findings)) return { exitCode: 1, text: '', json: { command: 'pack' }, findings };
  await depfile.write([{ output: args.output, platform: loaded.platform }]);
  return { ...resultOf(config, packed, args, kind), findings };
}

/** What of the image is shared with /usr, if anything. Throws UsageError. */
function requireThin({ settings }: PlatformConfig, { sysroot }: PackArguments): Thin | undefined {
  if (settings.FullInitrd.Source === 'usr')
    throw new UsageError("there is nothing to pack: FullInitrd.Source=usr takes the system's own /usr");
  if (!usesUsr(settings) && settings.Verity.HashOffset !== 'auto')
    throw new UsageError(
      'Verity.HashOffset=auto is required: pack puts the hash tree right behind the image',
    );
  const kind = thinOf(settings);
  if (kind && sysroot === undefined)
    throw new UsageError('FullInitrd.Source=thin needs --sysroot: the image shares files with its /usr');
  return kind;
}

interface Made {
  readonly packed: Packed;
  readonly system: SystemPackages;
  readonly findings: readonly Finding[];
}

/** Makes the image as `fresh`, with all that is to be said of it. */
async function packAndCheck(
  platform: PlannedPlatform,
  args: PackArguments,
  fresh: string,
  work: string,
): Promise<Made> {
  const { settings } = platform.config;
  const sysroot = args.sysroot === undefined ? undefined : resolve(args.sysroot);
  const kind = thinOf(settings);
  const packed = await packFullInitrd({
    initrd: args.initrd,
    format: imageFormatOf(settings),
    sealed: !usesUsr(settings),
    thin: kind && { kind, usr: resolve(args.sysroot ?? '', 'usr') },
    add: (tree) => addedCheck(tree, { ...platform, initrd: args.initrd, sysroot, work }),
    output: fresh,
    work,
  });
  const { findings } = await runChecks({ ...platform, imageSize: packed.imageSize });
  const system = readSystemPackages(sysroot);
  return { packed, system, findings: [...packed.findings, ...findings, ...system.findings] };
}

/** Puts what belongs to the image `fresh` in its place, before the image itself: an older image beside it is found by its hash. */
async function replaceCompanions(
  { output, sbom = output }: PackArguments,
  fresh: string,
  { packed, system }: Made,
  thin: Thin | undefined,
): Promise<void> {
  const bill = billOfImage({ ...packed, name: basename(output), sha256: sha256OfFile(fresh), system });
  const { mode } = statSync(fresh);
  for (const [ending, text] of formatBill(bill))
    await replaceFile(`${sbom}${ending}`, (file) => writeFileSync(file, text, { mode }));
  replaceRecord(output, fresh, packed, thin);
}

function resultOf(
  { settings }: PlatformConfig,
  packed: Packed,
  args: PackArguments,
  thin: Thin | undefined,
): Omit<CommandResult, 'findings'> {
  const format = imageFormatOf(settings);
  const early = packed.earlySize > 0 ? `, ${formatBytes(packed.earlySize)} of early cpio left out` : '';
  const text = [
    `${args.initrd}: ${formatBytes(packed.initrdSize)}, ${packed.compression}${early}`,
    ...(packed.added.length > 0
      ? [`  with the check of ${usesUsr(settings) ? '/usr' : 'its image'}: ${packed.added.join(', ')}`]
      : []),
    ...(thin ? describeSharing(packed) : []),
    `${args.output}: ${formatBytes(packed.imageSize)}, ${format.fileSystem} with ${format.compressor}; goes to ${placeOfImage(settings)}`,
    ...(packed.rootHash === undefined ? [] : [`root hash: ${packed.rootHash}`]),
    '',
  ];
  const { files, findings: _, own: __, ...sizes } = packed;
  const json = {
    command: 'pack',
    output: args.output,
    ...format,
    target: settings.FullInitrd.Image,
    ...sizes,
    ...(thin && {
      record: recordFile(args.output),
      shared: sizeOf(files.filter(({ sharing }) => sharing.shared)),
    }),
  };
  return { exitCode: 0, text: text.join('\n'), json };
}

/**
 * Puts the record of `fresh` beside `output`, before the image: it knows its image, and an older image beside it is a finding of
 * `check`. A whole image has no record.
 */
function replaceRecord(output: string, fresh: string, { files }: Packed, thin: Thin | undefined): void {
  if (!thin) {
    rmSync(recordFile(output), { force: true });
    return;
  }
  const record = recordSharing(fresh, thin, files);
  writeFileSync(recordFile(fresh), `${JSON.stringify(record, undefined, 1)}\n`, {
    mode: statSync(fresh).mode,
  });
  renameSync(recordFile(fresh), recordFile(output));
}

/** Shared or not, and why: one line a reason, the most bytes first. */
function describeSharing({ files }: Packed): readonly string[] {
  const groups = new Map<string, PackedFile[]>();
  for (const file of files) {
    const name = file.sharing.shared ? 'shared with /usr' : `in the image: ${file.sharing.why}`;
    groups.set(name, [...(groups.get(name) ?? []), file]);
  }
  return [...groups]
    .map(([name, members]) => ({ name, ...sizeOf(members) }))
    .sort((left, right) => right.bytes - left.bytes)
    .map(
      ({ name, files: count, bytes }) =>
        `  ${String(count).padStart(5)} files ${formatBytes(bytes).padStart(9)}  ${name}`,
    );
}

function sizeOf(files: readonly PackedFile[]): { readonly files: number; readonly bytes: number } {
  return { files: files.length, bytes: files.reduce((sum, { size }) => sum + size, 0) };
}
