/** Where values come from, as the rendered output says it: relative names only, the same on every machine. */
import { dirname, relative } from 'node:path';
import { type SettingName, settingRows } from '../config/settings.ts';
import type { PlatformConfig } from '../config/validate.ts';
import type { Origin } from '../findings.ts';
import type { Sourced, Variable } from './step.ts';

/** `Section.Key (where it was set)` by section and key, for the comments of the rendered text. */
export type Origins = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** A file's name relative to the directory of the platform file. */
export function relativeToPlatform(config: PlatformConfig, file: string): string {
  return relative(dirname(config.file), file);
}

function formatOrigin(config: PlatformConfig, { file, line }: Origin): string {
  return file.startsWith('--') ? file : `${relativeToPlatform(config, file)}:${line}`;
}

/** Where a setting was set: `file:line`, several for a list, or `default`. */
export function sourceOf(config: PlatformConfig, setting: SettingName): string {
  const origins = config.origins.get(setting) ?? [];
  const lines = new Set(origins.map((origin) => formatOrigin(config, origin)));
  return lines.size === 0 ? 'default' : [...lines].join(' ');
}

/** What a comment says of each setting, by section and key: its name and where it was set. */
export function originsOf(config: PlatformConfig): Origins {
  const origins: Record<string, Record<string, string>> = {};
  for (const { section, key, name } of settingRows) {
    const keys = origins[section] ?? {};
    keys[key] = `${name} (${sourceOf(config, name)})`;
    origins[section] = keys;
  }
  return origins;
}

/** A value of the setting, or one derived from it, with its source. */
export function sourced<T>(config: PlatformConfig, setting: SettingName, value: T): Sourced<T> {
  return { value, setting, where: sourceOf(config, setting) };
}

/** A setting's value under its name in the rendered text; an empty text where nothing is set. */
export function variable(
  config: PlatformConfig,
  name: string,
  setting: SettingName,
  value: string | number | undefined,
): Variable {
  return { variable: name, ...sourced(config, setting, value ?? '') };
}
