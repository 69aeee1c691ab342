/** The effective settings as texts, the way a platform file would give them. */
import { type SettingRow, settingRows } from './settings.ts';
import type { PlatformConfig } from './validate.ts';
import { writtenValues } from './written-values.ts';

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
