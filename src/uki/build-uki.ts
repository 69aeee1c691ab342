/** One UKI, or one addon, by ukify: from files and words to a file in the work directory. */
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PlatformConfig } from '../config/validate.ts';
import { withInitrd } from '../initrd/archives.ts';
import { read, withInput } from '../initrd/input.ts';
import { run } from '../tools/run.ts';
import { addonArgs, efiArchitectures, profileArgs, ukifyArgs } from '../tools/ukify.ts';
import { findEfiProgram } from './efi-programs.ts';
import type { UkiWords } from './uki-words.ts';

interface Shared {
  readonly config: PlatformConfig;
  /** The built system, whose stub is taken. */
  readonly sysroot: string;
  /** Another stub. */
  readonly stub?: string | undefined;
  /** Options of ukify with keys and engines. */
  readonly signing?: readonly string[] | undefined;
  /** An existing directory. */
  readonly work: string;
}

export interface UkiInput extends Shared {
  /** The kernel's file and version. */
  readonly kernel: string;
  readonly version: string;
  /** The minimal initrd; microcode in front of it gets a section of its own. */
  readonly initrd: string;
  readonly osRelease: string;
  readonly sbom?: string | undefined;
  readonly words: UkiWords;
}

/** Gives the UKI's file. Throws ToolError, InitrdError. */
export async function buildUki(options: UkiInput): Promise<string> {
  const { config, kernel, version, osRelease, sbom, words, signing, work } = options;
  const architecture = efiArchitectures[config.settings.Platform.Architecture];
  const stub = options.stub ?? findEfiProgram('stub', config.settings.Platform.Architecture, options.sysroot);
  const { microcode, initrd } = await splitMicrocode(options.initrd, work);
  const recovery = words.recovery === undefined ? [] : [await buildRecovery(options, words.recovery)];
  const output = join(work, 'uki.efi');
  await run(
    ukifyArgs({
      ...{ architecture, stub, kernel, version, microcode, osRelease, signing, output },
      sbom: sbomFile(sbom, work),
      initrds: [initrd],
      commandLine: commandLineFile(words.main, work, 'main'),
      profiles: recovery,
    }),
  );
  return output;
}

/** A profile has the sections alone: it is made with the stub of addons, and not signed. */
async function buildRecovery({ config, sysroot, work }: UkiInput, commandLine: string): Promise<string> {
  const { Architecture } = config.settings.Platform;
  const stub = findEfiProgram('addon-stub', Architecture, sysroot);
  const output = join(work, 'recovery.efi');
  const architecture = efiArchitectures[Architecture];
  const file = commandLineFile(commandLine, work, 'recovery');
  await run(
    profileArgs({ architecture, stub, commandLine: file, id: 'recovery', title: 'Recovery', output }),
  );
  return output;
}

export interface AddonInput extends Shared {
  readonly words: string;
  /** The only kernel that it is for. */
  readonly version?: string | undefined;
}

/** Gives the addon's file. Throws ToolError. */
export async function buildAddon({
  config,
  words,
  version,
  signing,
  work,
  ...options
}: AddonInput): Promise<string> {
  const { Architecture } = config.settings.Platform;
  const stub = options.stub ?? findEfiProgram('addon-stub', Architecture, options.sysroot);
  const output = join(work, 'addon.efi');
  const architecture = efiArchitectures[Architecture];
  await run(
    addonArgs({
      architecture,
      stub,
      commandLine: commandLineFile(words, work, 'addon'),
      version,
      signing,
      output,
    }),
  );
  return output;
}

/** The words in a file. There is always something in it: without the section the stub takes what a boot loader gives it, with Secure Boot too. */
function commandLineFile(words: string, work: string, name: string): string {
  const file = join(work, `${name}.cmdline`);
  writeFileSync(file, words === '' ? ' ' : words);
  return file;
}

/** ukify takes a colon in a name for the end of a section's name. */
function sbomFile(file: string | undefined, work: string): string | undefined {
  if (file === undefined) return undefined;
  const copy = join(work, 'sbom');
  copyFileSync(file, copy);
  return copy;
}

/** The early cpio in front of an initrd, and the rest: the stub puts microcode in front of all initrds, those of addons too. */
async function splitMicrocode(
  file: string,
  work: string,
): Promise<{ readonly microcode: string | undefined; readonly initrd: string }> {
  const end = await withInitrd(file, { work }, ({ archives }) => {
    const behind = archives.findIndex(({ early }) => !early);
    return behind > 0 ? archives[behind]?.start : undefined;
  });
  if (end === undefined) return { microcode: undefined, initrd: file };
  const [microcode, initrd] = [join(work, 'microcode.img'), join(work, 'initrd-without-microcode.img')];
  await withInput(file, (input) => {
    writeFileSync(microcode, read(input, 0, end));
    writeFileSync(initrd, read(input, end, input.size - end));
  });
  return { microcode, initrd };
}
