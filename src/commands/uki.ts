/** `bootrelay uki`: a unified kernel image, or an addon for a slot. */
import { copyFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Checked, runChecks } from '../check/run-checks.ts';
import type { PlatformConfig } from '../config/validate.ts';
import { requireReadable } from '../disk/disk-image.ts';
import type { Slot } from '../disk/slots.ts';
import { UsageError } from '../errors.ts';
import { hasErrors } from '../findings.ts';
import { kernelVersionOf } from '../host/kernel-version.ts';
import { type PlannedPlatform, planOnePlatform } from '../host/platforms.ts';
import { withProgress } from '../host/progress.ts';
import { replaceFile } from '../host/replace-file.ts';
import type { CommandResult } from '../host/result.ts';
import { withWorkDirectory } from '../host/temporary.ts';
import { findKernelImage } from '../sysroot/kernel.ts';
import { formatBytes } from '../text/bytes.ts';
import { buildAddon, buildUki } from '../uki/build-uki.ts';
import { findEfiProgram, osReleaseOf } from '../uki/efi-programs.ts';
import { namedUsr } from '../uki/named-usr.ts';
import { readUkiOfAddon, requireMachine, requireRoom } from '../uki/requirements.ts';
import { type SigningArguments, signingWords } from '../uki/signing-options.ts';
import { addonWords, type NamedUsr, ukiWords, wordsTwice } from '../uki/uki-words.ts';

export interface UkiArguments {
  readonly platform: string;
  readonly set: readonly string[];
  readonly sysroot: string;
  /** A version of the sysroot's. */
  readonly kernel: string | undefined;
  readonly initrd?: string | undefined;
  readonly output: string;
  readonly rootHash?: string | undefined;
  readonly usr?: string | undefined;
  readonly slot?: Slot | undefined;
  readonly image?: string | undefined;
  readonly addon: boolean;
  readonly uki?: string | undefined;
  readonly append: string;
  readonly sbom?: string | undefined;
  readonly stub?: string | undefined;
  readonly json: boolean;
}

/** What was made: a file in the work directory. Only the findings where one of them is an error. */
type Made = Checked & {
  readonly file?: string;
  readonly text?: string;
  readonly json?: Readonly<Record<string, unknown>>;
};

/** Exit code 1 where a check finds an error; nothing is written then. */
export async function uki(args: UkiArguments & SigningArguments): Promise<CommandResult> {
  const loaded = planOnePlatform('uki', args.platform, args.set);
  if ('failed' in loaded) return loaded.failed;
  requireOptions(loaded.platform, args);
  return withWorkDirectory(async (work) => {
    const made = await withProgress(args.json, (progress) => {
      progress.begin(`making ${args.output}`);
      return (args.addon ? makeAddon : makeUki)(loaded.platform, args, work);
    });
    const findings = [...loaded.findings, ...made.findings];
    const { file } = made;
    if (file === undefined || hasErrors(findings))
      return { exitCode: 1, text: '', json: { command: 'uki' }, findings };
    const { size } = statSync(file);
    requireRoom(args.output, size);
    await replaceFile(args.output, (fresh) => copyFileSync(file, fresh));
    const json = { command: 'uki', output: args.output, size, ...made.json };
    return { exitCode: 0, text: `${args.output}: ${formatBytes(size)}\n${made.text}`, json, findings };
  });
}

/** Options that say something only together, or only of a UKI or an addon. */
function requireOptions({ config }: PlannedPlatform, args: UkiArguments): void {
  const shared = config.settings.Uki.Slots === 'addon';
  const without = (options: Readonly<Record<string, unknown>>, why: string) => {
    for (const [option, value] of Object.entries(options))
      if (value !== undefined) throw new UsageError(`--${option} ${why}`);
  };
  if (args.addon) {
    if (!shared)
      throw new UsageError(
        '--addon needs Uki.Slots=addon: with Uki.Slots=uki the UKI of a slot names its /usr itself',
      );
    without({ initrd: args.initrd, sbom: args.sbom }, 'is of a UKI: an addon has words alone');
  } else {
    if (args.initrd === undefined)
      throw new UsageError('--initrd is required: the minimal initrd, as build makes it');
    without({ uki: args.uki }, 'is of an addon: --addon');
    const ofSlot = { 'root-hash': args.rootHash, usr: args.usr, slot: args.slot, image: args.image };
    if (shared) without(ofSlot, 'is of a slot, and Uki.Slots=addon leaves that to an addon: --addon');
  }
  for (const [option, file] of Object.entries({
    initrd: args.initrd,
    sbom: args.sbom,
    stub: args.stub,
    uki: args.uki,
  }))
    if (file !== undefined) requireReadable(`--${option}`, file);
}

async function makeUki(
  platform: PlannedPlatform,
  args: UkiArguments & SigningArguments,
  work: string,
): Promise<Made> {
  const { config } = platform;
  const sysroot = resolve(args.sysroot);
  const version = kernelVersionOf(args);
  const kernel = findKernelImage(sysroot, version);
  if (kernel === undefined) throw new UsageError(`${args.sysroot} has no kernel image of version ${version}`);
  await requireMachine(config, 'kernel', kernel);
  const stub = args.stub ?? findEfiProgram('stub', config.settings.Platform.Architecture, sysroot);
  await requireMachine(config, 'stub', stub);
  const usr = config.settings.Uki.Slots === 'uki' ? await namedUsr(config, { ...args, work }) : undefined;
  requireOtherWords(config, usr, args.append);
  const words = ukiWords(config, usr, args.append);
  const checked = await runChecks({ ...platform, ukiCommandLine: words.recovery ?? words.main });
  if (hasErrors(checked.findings)) return checked;
  const file = await buildUki({
    ...{ config, sysroot, stub, kernel, words, work },
    version,
    initrd: args.initrd ?? '',
    osRelease: osReleaseOf(sysroot),
    sbom: args.sbom,
    signing: signingWords(args),
  });
  const weighed = await runChecks({ ...platform, ukiSize: statSync(file).size }, checked);
  const recovery = words.recovery === undefined ? '' : `  recovery: ${words.recovery}\n`;
  return {
    ...weighed,
    file,
    text: `  ${words.main}\n${recovery}`,
    json: { commandLine: words.main, recovery: words.recovery, rootHash: usr?.rootHash },
  };
}

/** What --append says must not be what the UKI or addon says of /usr. */
function requireOtherWords(config: PlatformConfig, usr: NamedUsr | undefined, append: string): void {
  const [word] = wordsTwice(config, usr, append);
  if (word !== undefined)
    throw new UsageError(
      `--append ${word}: which /usr boots is said by --usr, --root-hash, --slot or --image, and the last of two would count`,
    );
}

async function makeAddon(
  platform: PlannedPlatform,
  args: UkiArguments & SigningArguments,
  work: string,
): Promise<Made> {
  const { config } = platform;
  const usr = await namedUsr(config, { ...args, work });
  requireOtherWords(config, usr, args.append);
  const words = addonWords(config, usr, args.append);
  if (words === '')
    throw new UsageError(
      'the addon would be empty: stage 1 of this platform takes neither a root hash nor partitions from the kernel command line',
    );
  const of = args.uki === undefined ? undefined : await readUkiOfAddon(config, args.uki);
  const version = kernelOfAddon(args, of?.version);
  if (args.stub !== undefined) await requireMachine(config, 'stub', args.stub);
  const { CommandLine, Recovery } = config.settings.Uki;
  const lines = of?.commandLines ?? [[...CommandLine, ...Recovery].join(' ')];
  const longest = Math.max(0, ...lines.map((line) => Buffer.byteLength(line)));
  const line = `${'x'.repeat(longest)} ${words}`;
  const checked = await runChecks({ ...platform, ukiCommandLine: line });
  if (hasErrors(checked.findings)) return checked;
  const shared = { config, sysroot: resolve(args.sysroot), stub: args.stub, work };
  const file = await buildAddon({ ...shared, words, version, signing: signingWords(args) });
  return { ...checked, file, text: `  ${words}\n`, json: { commandLine: words, rootHash: usr.rootHash } };
}

/** The kernel that it is for, that of its UKI where that is given: the stub takes no addon for another one, and says nothing of it. */
function kernelOfAddon(
  { sysroot, kernel: given, uki: file }: UkiArguments,
  version: string | undefined,
): string {
  const kernel = given ?? version ?? kernelVersionOf({ sysroot, kernel: given });
  if (version !== undefined && version !== kernel)
    throw new UsageError(
      `--kernel ${kernel}: the kernel in ${file} is ${version}, and systemd-stub takes no addon of another one: --kernel ${version} is required`,
    );
  if (version === undefined && findKernelImage(resolve(sysroot), kernel) === undefined)
    throw new UsageError(
      `${sysroot} has no kernel image of version ${kernel}, which the addon is to be for; --uki FILE tells it too`,
    );
  return kernel;
}
