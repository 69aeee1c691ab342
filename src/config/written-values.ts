/** The values of a setting as texts, the way a platform file would give them. */
import type { PlatformSettings, SettingRow } from './settings.ts';

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
