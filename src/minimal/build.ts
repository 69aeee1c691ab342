/** One build: sysroot and platform -> minimal initrd, file list, manifest, sizes. */
import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { usesUsr } from '../config/image-host.ts';
import type { PlatformConfig } from '../config/validate.ts';
import { readImageTree } from '../initrd/image-tree.ts';
import { archiveMode, type Member } from '../initrd/public.ts';
import { formatNames } from '../json/format-names.ts';
import type { Manifest } from '../json/manifest.ts';
import { bootrelayVersion } from '../package.ts';
import { type BootPlan, needsOfPlan } from '../plan/boot-plan.ts';
import { renderMinimal } from '../render/minimal.ts';
import type { Kernel } from '../sysroot/kernel.ts';
import { hasBuiltInInitrd, wantedMicrocode } from '../sysroot/microcode.ts';
import type { ProgramName } from '../tools/programs.ts';
import { versionOf } from '../tools/run.ts';
import { sha256OfFile } from '../tools/sha256.ts';
import { collectEntries } from './collect.ts';
import { type Entry, formatMtree, rootEntry } from './entries.ts';
import { manifestFile, manifestSettings } from './manifest.ts';
import { microcodeEntries } from './microcode.ts';
import { packMinimalInitrd } from './minimal-initrd.ts';
import { formatSizeTable, measureParts } from './size-table.ts';
import { formatMemory, memoryOfFiles } from './unpacking-memory.ts';

export interface BuildOptions {
  readonly config: PlatformConfig;
  readonly plan: BootPlan;
  readonly sysroot: string;
  /** The sysroot's kernel. */
  readonly kernel: Kernel;
  /** The packed full initrd that goes with it, for the manifest. */
  readonly image?: string | undefined;
  /** An empty directory that lasts as long as the caller uses the result's files. */
  readonly work: string;
}

export interface Build {
  /** All that is in it, the microcode in front too. */
  readonly entries: readonly Entry[];
  /** The image, in the work directory; only its owner may read one with a secret in it. */
  readonly image: string;
  readonly mtree: string;
  readonly sizes: string;
  readonly manifest: Manifest;
}

/** Builds in `work`, from a sysroot in which the checks found no error. Same input, same bytes. Throws ToolError. */
export async function buildMinimalInitrd(options: BuildOptions): Promise<Build> {
  const { config, plan, sysroot, kernel, work } = options;
  const { FullInitrd, Initrd } = config.settings;
  const fullInitrd = options.image === undefined ? undefined : await describeImage(options.image, config);
  const builtIn = hasBuiltInInitrd(kernel);
  const early = builtIn
    ? []
    : await microcodeEntries(wantedMicrocode(config.settings), sysroot, join(work, 'microcode'));
  const entries = await collectEntries({
    plan,
    rendered: renderMinimal(config, plan),
    sysroot,
    kernel,
    extraFiles: Initrd.ExtraFiles,
    skeletonFiles: FullInitrd.Source === 'usr' ? FullInitrd.ExtraFiles : [],
    work,
  });
  const all = [...early, ...entries];
  const compression = builtIn ? 'none' : Initrd.Compression;
  // The compressor takes longest: the rest is done meanwhile.
  const packing = packMinimalInitrd(entries, {
    work,
    compression,
    early,
    level: Initrd.CompressionLevel,
    architecture: plan.architecture,
  });
  const [packed, tools, sizes] = await Promise.all([
    packing,
    toolVersions(plan, compression),
    measureParts([...entries, ...early]),
  ]);
  const memory = {
    packed: packed.size,
    files: memoryOfFiles(all),
    decompressor: packed.decompressor,
  };
  chmodSync(packed.file, archiveMode(entries.flatMap(memberOf)));
  return {
    image: packed.file,
    entries: all,
    mtree: formatMtree([...early, rootEntry, ...entries], { contents: false }),
    sizes: formatSizeTable(sizes, packed.size, Initrd.SizeBudget) + formatMemory(memory),
    manifest: {
      format: formatNames.manifest,
      bootrelay: bootrelayVersion(),
      platform: config.name,
      kernel: kernel.version,
      initrd: {
        sha256: sha256OfFile(packed.file),
        size: packed.size,
        uncompressedSize: packed.uncompressedSize,
        memory,
      },
      ...(fullInitrd && { fullInitrd }),
      parts: [...sizes],
      files: all.map(manifestFile),
      settings: manifestSettings(config),
      tools,
    },
  };
}

function memberOf(entry: Entry): readonly Member[] {
  return entry.type === 'link' ? [] : [entry];
}

async function describeImage(image: string, { settings }: PlatformConfig): Promise<Manifest['fullInitrd']> {
  const tree = usesUsr(settings) ? undefined : await readImageTree(image, settings.Verity.HashOffset);
  return {
    sha256: sha256OfFile(image),
    size: statSync(image).size,
    ...(tree &&
      'rootHash' in tree && { tree: { rootHash: tree.rootHash, data: sha256OfFile(image, tree.offset) } }),
  };
}

async function toolVersions(
  plan: BootPlan,
  compression: ProgramName | 'none',
): Promise<Readonly<Record<string, string>>> {
  const compiles = needsOfPlan(plan).programs.some((need) => 'own' in need);
  const used: readonly ProgramName[] = [
    'bsdtar',
    ...(compiles ? (['cc'] as const) : []),
    'modinfo',
    ...(compression === 'none' ? [] : [compression]),
  ];
  const versions = await Promise.all(
    used.map(async (program) => [program, await versionOf(program)] as const),
  );
  return Object.fromEntries(versions);
}
