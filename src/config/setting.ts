/** What a row of the table of settings says: all that is known of one setting, but for its name. */
import { formatOnlyWith, type OnlyWith } from './only-with.ts';
import type { ValueType } from './value-types/value-type.ts';

/** A text for a setting with one value, several for one that can be repeated, none for one that may be unset. */
export type Default = string | readonly string[] | undefined;

/** In `strictest`: every value that is not named there. */
export const others = '(others)';

/** The texts of a type's values, where the compiler knows them. */
export type Written<T> = [T] extends [boolean] ? 'yes' | 'no' : T extends string ? T : string;

export interface Setting<T, D extends Default = Default, O extends OnlyWith = OnlyWith> {
  readonly type: ValueType<T>;
  /** As a platform owner would write it; it goes through the same parser. Repeated keys of a list append, an empty value resets it. */
  readonly default?: D;
  /** With which values of other settings this one counts. A setting without it counts always. */
  readonly onlyWith?: O;
  /** Its value that leaves things as they are: nothing is lost where that does not count. */
  readonly asksNothing?: NoInfer<Written<T>>;
  /** What a machine lacks where the setting does not count: then its default is remarked on too. */
  readonly lost?: string;
  /** Its values from the one that trusts least to the one that trusts most. */
  readonly strictest?: readonly NoInfer<Written<T> | typeof others>[];
  /** Its value is not published: src/config/secrets.ts. */
  readonly secret?: boolean;
  /** Its entries bring drivers: one that is gone may be a machine that no longer boots. */
  readonly listsDrivers?: boolean;
  /** One or two sentences for docs/settings.md; what `onlyWith` says is added to them. */
  readonly help: string;
  /** The release that brought the setting. */
  readonly since: string;
}

export type AnySetting<O extends OnlyWith = OnlyWith> = Setting<unknown, Default, O>;

/** A row of the table. The value's type follows from `type` and from what `default` is. */
export function setting<const T, const D extends Default = undefined, const O extends OnlyWith = readonly []>(
  row: Setting<T, D, O>,
): Setting<T, D, O> {
  return row;
}

/** True for a setting whose key can be repeated. */
export function isList(setting: AnySetting): boolean {
  return Array.isArray(setting.default);
}

/** The texts of the default: none for a setting that is unset by default. */
export function defaultTexts({ default: value }: AnySetting): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

/** The help of a setting, with what it counts with. */
export function fullHelp({ help, onlyWith = [] }: AnySetting): string {
  return [help, formatOnlyWith(onlyWith)].filter(Boolean).join(' ');
}
