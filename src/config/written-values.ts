/** The values of a setting as texts, the way a platform file would give them. */
import { isList } from './setting.ts';
import type { PlatformSettings, SettingRow } from './settings.ts';

/** The values of one setting: none where it is unset, several for a list. */
export function writtenValues(settings: PlatformSettings, row: SettingRow): readonly string[] {
  const value = (settings as unknown as Record<string, Record<string, unknown>>)[row.section]?.[row.key];
  const values = isList(row.setting) ? (value as readonly unknown[]) : [value];
  return values.flatMap((item) => asTexts(item, row));
}

function asTexts(value: unknown, row: SettingRow): readonly string[] {
  if (value === undefined) return [];
  if (typeof value === 'boolean') return [value ? 'yes' : 'no'];
  return [row.setting.type.format?.(value) ?? String(value)];
}
