/** The manifest of a build: everything that went in, by hash. No paths of the machine, no times. */
import { effectiveSettings } from '../config/effective.ts';
import { shownValues } from '../config/secrets.ts';
import type { PlatformConfig } from '../config/validate.ts';
import type { Entry } from './entries.ts';
import type { PartSize } from './size-table.ts';
import { totalMemory, type UnpackingMemory } from './unpacking-memory.ts';

export interface Manifest {
  readonly bootrelay: string;
  readonly platform: string;
  readonly kernel: string;
  readonly initrd: {
    readonly sha256: string;
    readonly size: number;
    readonly uncompressedSize: number;
    /** What the kernel needs while it unpacks, in bytes. */
    readonly memory: UnpackingMemory;
  };
  /** The image for /usr, where the build was told of it. */
  readonly fullInitrd?: { readonly sha256: string; readonly size: number };
  readonly parts: readonly PartSize[];
  readonly files: readonly object[];
  /** `Section.Key` -> values; of a secret one only whether it changed. */
  readonly settings: Readonly<Record<string, readonly string[]>>;
  /** Program -> version. */
  readonly tools: Readonly<Record<string, string>>;
}

/** An entry as the manifest has it: by hash, without the path that it came from. */
export function manifestFile(entry: Entry): object {
  const { path, part, type } = entry;
  switch (entry.type) {
    case 'file':
      return { path, type, part, mode: entry.mode.toString(8), size: entry.size, sha256: entry.sha256 };
    case 'link':
      return { path, type, part, target: entry.target };
    case 'char':
      return { path, type, part, mode: entry.mode.toString(8), device: `${entry.major}:${entry.minor}` };
    case 'dir':
      return { path, type, part, mode: entry.mode.toString(8) };
  }
}

/** All effective settings as texts, secrets replaced by words that change when they do. */
export function manifestSettings(config: PlatformConfig): Manifest['settings'] {
  return Object.fromEntries(
    effectiveSettings(config).map(({ row: { name }, values }) => [name, shownValues(name, values)]),
  );
}

/** What settings limit, as the checks know it. */
export function limitedOf({ initrd }: Manifest): {
  readonly minimalSize: number;
  readonly unpackingMemory: number;
} {
  return { minimalSize: initrd.size, unpackingMemory: totalMemory(initrd.memory) };
}
