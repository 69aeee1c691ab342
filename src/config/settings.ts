/**
 * The one table of settings. Types, validation, findings, docs/settings.md, `show` and completion come from it.
 * Each section is a file in settings/: a row there is all that is known of a setting.
 */
import type { Condition, OnlyWith } from './only-with.ts';
import type { AnySetting, Setting, Written } from './setting.ts';
import { devices } from './settings/devices.ts';
import { emergency } from './settings/emergency.ts';
import { fullInitrd } from './settings/full-initrd.ts';
import { initrd } from './settings/initrd.ts';
import { kernelCommandLine } from './settings/kernel-command-line.ts';
import { modules } from './settings/modules.ts';
import { platform } from './settings/platform.ts';
import { uki } from './settings/uki.ts';
import { usr } from './settings/usr.ts';
import { verity } from './settings/verity.ts';

/** Every section with its settings. */
const settings = {
  Platform: platform,
  Initrd: initrd,
  Modules: modules,
  Devices: devices,
  Usr: usr,
  Verity: verity,
  FullInitrd: fullInitrd,
  Emergency: emergency,
  KernelCommandLine: kernelCommandLine,
  Uki: uki,
};

type Settings = typeof settings;

/** One text is a value; several are a list; without a default there may be no value. */
type ValueOf<S> =
  S extends Setting<infer T, infer D, OnlyWith>
    ? D extends string
      ? T
      : D extends readonly string[]
        ? readonly T[]
        : T | undefined
    : never;

/** The values of all settings: `config.Usr.Device` is what `[Usr] Device=` says. */
export type PlatformSettings = {
  readonly [S in keyof Settings]: { readonly [K in keyof Settings[S]]: ValueOf<Settings[S][K]> };
};

/** A setting as `Section.Key`. */
export type SettingName = {
  [S in keyof Settings & string]: `${S}.${keyof Settings[S] & string}`;
}[keyof Settings & string];

/** Every condition that settings can have: of a setting that there is, with a value that it can have. */
type KnownCondition = {
  [S in keyof Settings & string]: {
    [K in keyof Settings[S] & string]: Settings[S][K] extends Setting<infer T, infer _, OnlyWith>
      ? Condition<`${S}.${K}`, Written<T>>
      : never;
  }[keyof Settings[S] & string];
}[keyof Settings & string];

export interface SettingRow {
  readonly section: string;
  readonly key: string;
  readonly name: SettingName;
  readonly setting: AnySetting;
}

/** Compiles only where every row's `onlyWith` names settings and values that there are. */
const sections: Readonly<Record<string, Readonly<Record<string, AnySetting<OnlyWith<KnownCondition>>>>>> =
  settings;

/** The table as rows, in its own order. */
export const settingRows: readonly SettingRow[] = Object.entries(sections).flatMap(([section, keys]) =>
  Object.entries(keys).map(([key, setting]) => ({
    section,
    key,
    name: `${section}.${key}` as SettingName,
    setting,
  })),
);

const rowsByName = new Map<string, SettingRow>(settingRows.map((row) => [row.name, row]));

/** The row of `Section.Key`; undefined where there is no such setting. */
export function findSettingNamed(name: string): SettingRow | undefined {
  return rowsByName.get(name);
}

/** The row of a setting; undefined where there is none. */
export function findSetting(section: string, key: string): SettingRow | undefined {
  return findSettingNamed(`${section}.${key}`);
}

export const sectionNames: readonly string[] = Object.keys(settings);

/** The keys of a section in the order of the table; none where there is no such section. */
export function keysOfSection(section: string): readonly string[] {
  return settingRows.filter((row) => row.section === section).map(({ key }) => key);
}
