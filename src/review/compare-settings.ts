/** Changed settings, and which way: looser or stricter. */
import { others } from '../config/setting.ts';
import { findSettingNamed } from '../config/settings.ts';
import type { SideSetting } from './side.ts';

export interface SettingChange {
  readonly setting: string;
  readonly old: SideSetting;
  readonly new: SideSetting;
  /** A machine with it trusts more, or checks less; the other way; or neither. */
  readonly direction: 'looser' | 'stricter' | undefined;
}

const notSet: SideSetting = { values: [], origin: undefined };

/** Settings whose values differ; where one was set does not matter. */
export function compareSettings(
  old: ReadonlyMap<string, SideSetting>,
  fresh: ReadonlyMap<string, SideSetting>,
): readonly SettingChange[] {
  const names = [...new Set([...old.keys(), ...fresh.keys()])];
  return names.flatMap((setting) => {
    const before = old.get(setting) ?? notSet;
    const after = fresh.get(setting) ?? notSet;
    if (before.values.join('\n') === after.values.join('\n')) return [];
    return [{ setting, old: before, new: after, direction: directionOf(setting, before, after) }];
  });
}

function directionOf(setting: string, old: SideSetting, fresh: SideSetting): SettingChange['direction'] {
  const [before, after] = [old, fresh].map((side) => rank(setting, side.values[0] ?? ''));
  if (before === undefined || after === undefined || before === after) return undefined;
  return after > before ? 'looser' : 'stricter';
}

/** The place of a value among those of its setting, the strictest first; undefined where none is stricter than another. */
function rank(setting: string, value: string): number | undefined {
  const values = findSettingNamed(setting)?.setting.strictest ?? [];
  const place = values.indexOf(values.includes(value) ? value : others);
  return place === -1 ? undefined : place;
}
