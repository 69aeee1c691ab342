/** Where a reader changes what cannot be had: the line of the setting that asks for it. */
import type { Origin } from '../findings.ts';
import type { SettingName } from './settings.ts';
import type { PlatformConfig } from './validate.ts';

export interface Place {
  readonly setting?: SettingName;
  readonly origin: Origin;
}

/** The last line that sets it; the platform file as a whole where it has its default, or where no setting asks. */
export function placeOf({ file, origins }: PlatformConfig, because?: SettingName): Place {
  if (because === undefined) return { origin: { file, line: 0 } };
  return { setting: because, origin: origins.get(because)?.at(-1) ?? { file, line: 0 } };
}

/** The line of one entry of a list. */
export function placeOfEntry({ file, origins }: PlatformConfig, setting: SettingName, index: number): Place {
  return { setting, origin: origins.get(setting)?.[index] ?? { file, line: 0 } };
}
