/** The effective settings as texts, the way a platform file would give them. */
import { type PlatformSettings, type SettingRow, settingRows } from './settings.ts';
import type { PlatformConfig } from './validate.ts';

export interface EffectiveSetting {
  readonly row: SettingRow;
  /** One text a value: none where nothing is set, several for a list. */
  readonly values: readonly string[];
}

/** Every setting but Extends, which has done its work. */
export function effectiveSettings(config: PlatformConfig): readonly EffectiveSetting[] {
  return settingRows
    .filter(({ name }) => name !== 'Platform.Extends')
    .map((row) => ({
      row,
      values: row.name === 'Platform.Name' ? [config.name] : writtenValues(config.settings, row),
    }));
}

/** The values of one setting: none where it is unset, several for a list. */
export function writtenValues(settings: PlatformSettings, row: SettingRow): readonly string[] {
  const values = settings as unknown as Record<string, Record<string, unknown>>;
  return asTexts(values[row.section]?.[row.key], row);
}

function asTexts(value: unknown, row: SettingRow): readonly string[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value.flatMap((item) => asTexts(item, row));
  if (typeof value === 'boolean') return [value ? 'yes' : 'no'];
  return [row.setting.type.format?.(value) ?? String(value)];
}
