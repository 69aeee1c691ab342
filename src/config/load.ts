/** Platform file -> PlatformConfig and findings: the layers and the validation in a row. */
import type { Finding } from '../findings.ts';
import { type FileReader, resolveLayers } from './layers.ts';
import { type PlatformConfig, validateConfig } from './validate.ts';

export interface LoadedPlatform {
  /** Absent where a finding has severity error. */
  readonly config?: PlatformConfig;
  /** The files that were read, lowest layer first. */
  readonly files: readonly string[];
  readonly findings: readonly Finding[];
}

/** Loads the platform file at `path` with the texts of --set. All I/O goes through `reader`. */
export function loadPlatform(path: string, overrides: readonly string[], reader: FileReader): LoadedPlatform {
  const layers = resolveLayers(path, overrides, reader);
  const { config, findings } = validateConfig(layers.assignments, path);
  if (layers.findings.length === 0 && config) return { config, files: layers.files, findings };
  // Settings read beside a broken line are not the platform's: no config then, and nothing is said to be absent.
  const broken = layers.findings.length > 0;
  const certain = findings.filter(({ kind }) => !(broken && kind === 'value-required'));
  return { files: layers.files, findings: [...layers.findings, ...certain] };
}
