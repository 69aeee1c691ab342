/** The effective settings as texts, the way a platform file would give them. */
import { type SettingRow, settingRows } from './settings.ts';
import type { PlatformConfig } from './validate.ts';

export interface EffectiveSetting {
  readonly row: SettingRow;
  /** One text a value: none where nothing is set, several for a list. */
  readonly values: readonly string[];
}

/** Every setting but Extends, which has done its work. */
export function effectiveSettings(config: PlatformConfig): readonly EffectiveSetting[] {
  const values = config.settings as unknown as Record<string, Record<string, unknown>>;
  return settingRows
    .filter(({ name }) => name !== 'Platform.Extends')
    .map((row) => ({
      row,
      values: asTexts(row.name === 'Platform.Name' ? config.name : values[row.section]?.[row.key], row),
    }));
}

function asTexts(value: unknown, row: SettingRow): readonly string[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value.flatMap((item) => asTexts(item, row));
  if (typeof value === 'boolean') return [value ? 'yes' : 'no'];
  return [row.setting.type.format?.(value) ?? String(value)];
}
