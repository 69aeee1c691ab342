/** Platform file -> PlatformConfig and findings: the layers and the validation in a row. */
import type { Finding, FindingKind } from '../findings.ts';
import type { FileReader } from './file-reader.ts';
import { resolveLayers } from './layers.ts';
import { platformFile } from './shipped.ts';
import { type PlatformConfig, validateConfig } from './validate.ts';

export interface LoadedPlatform {
  /** Absent where a finding has severity error. */
  readonly config?: PlatformConfig;
  /** The files that were read, lowest layer first. */
  readonly files: readonly string[];
  readonly findings: readonly Finding[];
}

const aboutOneLine: readonly FindingKind[] = ['unknown-section', 'unknown-key', 'value-invalid'];

/** Loads the platform file at `path` with the texts of --set. All I/O goes through `reader`. */
export function loadPlatform(path: string, overrides: readonly string[], reader: FileReader): LoadedPlatform {
  const layers = resolveLayers(path, overrides, reader);
  const { config, findings } = validateConfig(layers, platformFile(path));
  if (layers.findings.length === 0 && config) return { config, files: layers.files, findings };
  // Beside a broken line some settings are unknown: only what is wrong with a line by itself is certain.
  const certain = findings.filter(({ kind }) => layers.findings.length === 0 || aboutOneLine.includes(kind));
  return { files: layers.files, findings: [...layers.findings, ...certain] };
}
