/** Where a reader changes what cannot be had: the line of the setting that asks for it. */
import type { SettingName } from '../config/settings.ts';
import type { PlatformConfig } from '../config/validate.ts';
import type { Origin } from '../findings.ts';

export interface Place {
  readonly setting?: SettingName;
  readonly origin?: Origin | undefined;
}

/** The last line that sets it; the platform file as a whole where it has its default; nothing where no setting asks. */
export function placeOf({ file, origins }: PlatformConfig, because: SettingName | undefined): Place {
  if (because === undefined) return {};
  return { setting: because, origin: origins.get(because)?.at(-1) ?? { file, line: 0 } };
}
