/** Changed settings, and which way: looser or stricter. */
import type { SettingName } from '../config/settings.ts';
import type { SideSetting } from './side.ts';

export interface SettingChange {
  readonly setting: string;
  readonly old: SideSetting;
  readonly new: SideSetting;
  /** A machine with it trusts more, or checks less; the other way; or neither. */
  readonly direction: 'looser' | 'stricter' | undefined;
}

const notSet: SideSetting = { values: [], origin: undefined };

/** The values of settings that decide what is checked, the strictest first. */
const strictness: Readonly<Partial<Record<SettingName, readonly string[]>>> = {
  'Verity.Verity': ['required', 'no'],
  'Verity.OnCorruption': ['panic', 'restart', 'error'],
  'Verity.OnError': ['panic', 'restart', 'error'],
  'Verity.RequireSignature': ['yes', 'no'],
  'Emergency.Shell': ['never', 'password', 'always'],
  'Emergency.Debug': ['no', 'yes'],
  'KernelCommandLine.Override': ['no', 'yes'],
};

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

function rank(setting: string, value: string): number | undefined {
  // A root hash that is built in is worth more than one from the kernel command line.
  if (setting === 'Verity.RootHash') return value === 'command-line' ? 1 : 0;
  const place = strictness[setting as SettingName]?.indexOf(value);
  return place === -1 ? undefined : place;
}
