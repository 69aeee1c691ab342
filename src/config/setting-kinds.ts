/** The kinds of settings: one value with a default, one that may be unset, a list. */
import type { ValueType } from './value-types.ts';

interface SettingWords {
  /** One or two sentences for docs/settings.md. */
  readonly help: string;
  /** The release that brought the setting. */
  readonly since: string;
  /** Its value is not published: src/config/secrets.ts. */
  readonly secret?: true;
}

export interface SingleSetting<T> extends SettingWords {
  readonly kind: 'single';
  readonly type: ValueType<T>;
  readonly default: string;
}

export interface OptionalSetting<T> extends SettingWords {
  readonly kind: 'optional';
  readonly type: ValueType<T>;
}

/** Repeated keys append; an empty value resets. */
export interface ListSetting<T> extends SettingWords {
  readonly kind: 'list';
  readonly type: ValueType<T>;
  readonly default: readonly string[];
}

export type AnySetting = SingleSetting<unknown> | OptionalSetting<unknown> | ListSetting<unknown>;

const since = '0.1.0';

export function single<T>(type: ValueType<T>, defaultText: string, help: string): SingleSetting<T> {
  return { kind: 'single', type, default: defaultText, help, since };
}

export function optional<T>(type: ValueType<T>, help: string): OptionalSetting<T> {
  return { kind: 'optional', type, help, since };
}

export function list<T>(type: ValueType<T>, defaultTexts: readonly string[], help: string): ListSetting<T> {
  return { kind: 'list', type, default: defaultTexts, help, since };
}

/** A setting whose value others must not read. */
export function secret<S extends AnySetting>(setting: S): S {
  return { ...setting, secret: true };
}
