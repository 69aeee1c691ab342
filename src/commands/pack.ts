/** `bootrelay pack`: a full initrd -> the image for /usr. */
import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { writeBill } from '../bom/formats.ts';
import { readSystemPackages } from '../bom/system-packages.ts';
import { runChecks } from '../check/run-checks.ts';
import { imageFormatOf, type Thin, thinOf } from '../config/image-format.ts';
import { UsageError } from '../errors.ts';
import { hasErrors } from '../findings.ts';
import { watchInputs } from '../host/depfile.ts';
import { planOnePlatform } from '../host/platforms.ts';
import { withProgress } from '../host/progress.ts';
import { requireRegularFile } from '../host/regular-file.ts';
import { replaceFile } from '../host/replace-file.ts';
import type { CommandResult } from '../host/result.ts';
import { withWorkDirectory } from '../host/temporary.ts';
import { recordFile } from '../initrd/record.ts';
import type { TreeEntry } from '../initrd/tree-entry.ts';
import { billOfImage } from '../pack/bill.ts';
import { checkOfUsr } from '../pack/check-of-usr.ts';
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
 * Writes the image, and for a thin one beside it the record of what it shares, which knows its image.
 * Exit code 1 where it is over budget; nothing is written then.
 */
export async function pack(args: PackArguments): Promise<CommandResult> {
  const loaded = planOnePlatform('pack', args.platform, args.set);
  if ('failed' in loaded) return loaded.failed;
  const { config } = loaded.platform;
  const { settings } = config;
  const { Image, Source } = settings.FullInitrd;
  if (Source === 'usr')
    throw new UsageError("there is nothing to pack: FullInitrd.Source=usr takes the system's own /usr");
  const kind = thinOf(settings);
  if (kind && args.sysroot === undefined)
    throw new UsageError('FullInitrd.Source=thin needs --sysroot: the image shares files with its /usr');
  const thin = kind && { kind, usr: resolve(args.sysroot ?? '', 'usr') };
  const format = imageFormatOf(settings);
  const depfile = watchInputs(args.depfile, [args.initrd, args.sysroot]);
  requireRegularFile(args.initrd, 'a full initrd');
  const { initrd } = args;
  const sysroot = args.sysroot === undefined ? undefined : resolve(args.sysroot);
  const options = { initrd, format, thin };
  const { packed, findings } = await withWorkDirectory((work) =>
    withProgress(args.json, (progress) => {
      progress.begin(`packing ${args.initrd}`);
      return replaceFile(args.output, async (fresh) => {
        const add = (tree: readonly TreeEntry[]) =>
          checkOfUsr(tree, { ...loaded.platform, initrd, sysroot, work });
        const packed = await packFullInitrd({ ...options, add, output: fresh, work });
        const checked = await runChecks({ ...loaded.platform, imageSize: packed.imageSize });
        const findings = [...packed.findings, ...checked.findings];
        if (hasErrors(findings)) rmSync(fresh);
        else replaceRecord(args.output, fresh, packed, kind);
        return { packed, findings: [...loaded.findings, ...findings] };
      });
    }),
  );
  if (hasErrors(findings)) return { exitCode: 1, text: '', json: { command: 'pack' }, findings };
  const system = readSystemPackages(sysroot);
  const name = basename(args.output);
  const bill = billOfImage({ ...packed, name, sha256: sha256OfFile(args.output), system });
  writeBill(bill, args.sbom ?? args.output, statSync(args.output).mode);
  await depfile.write([{ output: args.output, platform: loaded.platform }]);
  const early = packed.earlySize > 0 ? `, ${formatBytes(packed.earlySize)} of early cpio left out` : '';
  const text = [
    `${args.initrd}: ${formatBytes(packed.initrdSize)}, ${packed.compression}${early}`,
    ...(packed.added.length > 0 ? [`  with the check of /usr: ${packed.added.join(', ')}`] : []),
    ...(thin ? describeSharing(packed) : []),
    `${args.output}: ${formatBytes(packed.imageSize)}, ${format.fileSystem} with ${format.compressor}; goes to ${Image}`,
    '',
  ];
  const { files, findings: _, ...sizes } = packed;
  const json = {
    command: 'pack',
    output: args.output,
    ...format,
    target: Image,
    ...sizes,
    ...(thin && {
      record: recordFile(args.output),
      shared: sizeOf(files.filter(({ sharing }) => sharing.shared)),
    }),
  };
  return { exitCode: 0, text: text.join('\n'), json, findings: [...findings, ...system.findings] };
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
