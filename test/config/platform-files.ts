/** Platform files in memory, for tests of everything behind the reading. */
import { basename, dirname } from 'node:path';
import type { FileReader } from '../../src/config/file-reader.ts';
import { type LoadedPlatform, loadPlatform } from '../../src/config/load.ts';
import type { PlatformConfig } from '../../src/config/validate.ts';
import type { BootPlan } from '../../src/plan/boot-plan.ts';
import { planBoot } from '../../src/plan/plan.ts';

export type Files = Readonly<Record<string, string | Uint8Array>>;

export function memoryReader(files: Files): FileReader {
  return {
    read(path) {
      const content = files[path];
      if (content === undefined) return { error: 'cannot be read: there is no such file', missing: true };
      return typeof content === 'string' ? new TextEncoder().encode(content) : content;
    },
    list(directory) {
      const below = Object.keys(files).filter((path) => dirname(path) === directory);
      return below.map((path) => basename(path)).sort();
    },
  };
}

export function load(files: Files, path = 'p/test.ini', overrides: readonly string[] = []): LoadedPlatform {
  return loadPlatform(path, overrides, memoryReader(files));
}

const minimal = '[Usr]\nDevice=PARTLABEL=USR-A\n';

/** A platform without errors: the smallest file, and `settings` as --set would give them. */
export function configure(...settings: readonly string[]): PlatformConfig {
  const { config, findings } = load({ 'p/test.ini': minimal }, 'p/test.ini', settings);
  if (!config) throw new Error(JSON.stringify(findings));
  return config;
}

export function plan(...settings: readonly string[]): BootPlan {
  return planBoot(configure(...settings), ['p/test.ini']);
}
