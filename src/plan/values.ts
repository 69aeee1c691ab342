/** Values that steps take from settings and pass on to one another. */
import type { SettingName } from '../config/settings.ts';
import type { PlatformConfig } from '../config/validate.ts';
import type { Step, Variable } from './boot-plan.ts';
import { sourced } from './source.ts';

/** A setting's value under its name in the rendered text; an empty text where nothing is set. */
export function variable(
  config: PlatformConfig,
  name: string,
  setting: SettingName,
  value: string | number | undefined,
): Variable {
  return { variable: name, ...sourced(config, setting, value ?? '') };
}

/** A step that neither takes nor leaves a value, and waits for nothing. */
export const noValues: Pick<Step, 'variables' | 'takes' | 'leaves' | 'waits'> = {
  variables: [],
  takes: [],
  leaves: [],
  waits: 0,
};
