/** Assignments -> the effective settings with their origins, and everything that is wrong with them. */
import { type Finding, finding, type Origin } from '../findings.ts';
import { closest, didYouMean } from '../text/suggestions.ts';
import type { Assignment, SectionHeader } from './ini.ts';
import { findRuleViolations } from './rules.ts';
import { type AnySetting, defaultTexts, isList } from './setting.ts';
import {
  findSetting,
  keysOfSection,
  type PlatformSettings,
  type SettingName,
  type SettingRow,
  sectionNames,
  settingRows,
} from './settings.ts';
import { nameOfFile } from './shipped.ts';

/** Where each effective value comes from: one origin a value, more for lists, none for a default. */
export type Origins = ReadonlyMap<SettingName, readonly Origin[]>;

export interface PlatformConfig {
  /** Platform.Name, or the file's name without `.ini`. */
  readonly name: string;
  /** The platform file as the user gave it. */
  readonly file: string;
  readonly settings: PlatformSettings;
  readonly origins: Origins;
}

export interface Validated {
  /** Absent where a finding has severity error. */
  readonly config?: PlatformConfig;
  readonly findings: readonly Finding[];
}

interface Effective {
  readonly row: SettingRow;
  readonly value: unknown;
  readonly origins: readonly Origin[];
  readonly findings: readonly Finding[];
}

/** Gives every setting of the platform in `file` its value; `layers` are all that is said of them. */
export function validateConfig(
  {
    assignments,
    sections,
  }: { readonly assignments: readonly Assignment[]; readonly sections: readonly SectionHeader[] },
  file: string,
): Validated {
  const unknown = [...sections.flatMap(findUnknownSection), ...assignments.flatMap(findUnknownKey)];
  const effective = settingRows.map((row) => effectiveValue(row, assignments));
  const problems = [...unknown, ...effective.flatMap(({ findings }) => findings)];
  const origins: Origins = new Map(
    effective.filter((entry) => entry.origins.length > 0).map((entry) => [entry.row.name, entry.origins]),
  );
  const settings = nest(effective);
  const name = settings.Platform.Name ?? nameOfFile(file);
  const findings = [
    ...problems,
    ...checkName(name),
    // A contradiction between values that could not be read would only repeat those findings.
    ...(problems.length === 0 ? findRuleViolations(settings, origins) : []),
  ];
  const failed = findings.some(({ severity }) => severity === 'error');
  return failed ? { findings } : { config: { name, file, settings, origins }, findings };
}

/** Of a section that is not there nothing is said but that, at its own line. */
function findUnknownSection({ name, origin }: SectionHeader): readonly Finding[] {
  if (sectionNames.includes(name)) return [];
  const near = closest(name, sectionNames);
  const hint = near ? `did you mean [${near}]?` : `the sections are ${sectionNames.join(', ')}`;
  return [finding('unknown-section', `there is no section [${name}]`, { origin, hint })];
}

function findUnknownKey({ section, key, origin }: Assignment): readonly Finding[] {
  if (findSetting(section, key) || !sectionNames.includes(section)) return [];
  return [
    finding('unknown-key', `[${section}] has no setting ${key}`, {
      setting: `${section}.${key}`,
      origin,
      hint: keyHint(section, key),
    }),
  ];
}

function keyHint(section: string, key: string): string {
  const near = closest(key, keysOfSection(section));
  if (near) return `did you mean ${near}=?`;
  const elsewhere = settingRows.find((row) => row.key.toLowerCase() === key.toLowerCase());
  if (elsewhere) return `${elsewhere.key}= belongs to [${elsewhere.section}]`;
  return `the settings of [${section}] are ${keysOfSection(section).join(', ')}`;
}

/** The assignments of one setting that count: those after the last reset by an empty value. */
function effectiveValue(row: SettingRow, assignments: readonly Assignment[]): Effective {
  const own = assignments.filter(({ section, key }) => section === row.section && key === row.key);
  const reset = own.findLastIndex(({ value }) => value === '');
  const after = own.slice(reset + 1);
  const counting = isList(row.setting) ? after.flatMap((one) => valuesIn(row, one)) : after.slice(-1);
  if (counting.length === 0) {
    const emptied = isList(row.setting) && reset >= 0;
    const value = emptied ? [] : defaultValue(row.setting);
    return { row, value, origins: emptied ? own.slice(reset).map(({ origin }) => origin) : [], findings: [] };
  }
  const parsed = counting.map((assignment) => parseValue(row, assignment));
  const values = parsed.flatMap((result) => ('value' in result ? [result.value] : []));
  return {
    row,
    value: isList(row.setting) ? values : values[0],
    origins: counting.map(({ origin }) => origin),
    findings: parsed.flatMap((result) => ('problem' in result ? [result.problem] : [])),
  };
}

/** One assignment of a list as several where it has several values: each keeps the line. */
function valuesIn({ setting: { type } }: SettingRow, assignment: Assignment): readonly Assignment[] {
  const values = type.split?.(assignment.value) ?? [assignment.value];
  return values.map((value) => ({ ...assignment, value }));
}

/** How a list is written, where a value of it looks like several, or has the comma of another dialect. */
function listHint({ key, setting }: SettingRow, value: string): string | undefined {
  const parts = value.split(/[\s,]+/).filter((part) => part !== '');
  if (!isList(setting) || (parts.length < 2 && !value.includes(','))) return undefined;
  const sound = parts.length > 0 && parts.every((part) => 'value' in setting.type.parse(part));
  if (!sound && !setting.type.split) return undefined;
  const how = `repeat ${key}= for each, without commas`;
  return sound ? `${how}: ${parts.map((part) => `${key}=${part}`).join(' and ')}` : how;
}

function parseValue(
  row: SettingRow,
  { value, origin }: Assignment,
): { readonly value: unknown } | { readonly problem: Finding } {
  const parsed = row.setting.type.parse(value);
  if ('value' in parsed) return { value: parsed.value };
  const hint = parsed.hint ?? listHint(row, value) ?? didYouMean(value, row.setting.type.choices ?? []);
  const what = row.setting.secret ? 'the value, which is not shown,' : `"${value}"`;
  const message = `${what} must be ${parsed.required}`;
  return { problem: finding('value-invalid', message, { setting: row.name, origin, hint }) };
}

/** A default as its parser reads it. A default that its own parser refuses is a defect of the table. */
export function defaultValue(setting: AnySetting): unknown {
  const values = defaultTexts(setting).map((text) => {
    const parsed = setting.type.parse(text);
    if ('value' in parsed) return parsed.value;
    throw new Error(`the default "${text}" must be ${parsed.required}`);
  });
  return isList(setting) ? values : values[0];
}

/** The rows hold every section and key of the table, so the nested object is complete. */
function nest(effective: readonly Effective[]): PlatformSettings {
  const nested: Record<string, Record<string, unknown>> = {};
  for (const { row, value } of effective) {
    nested[row.section] = { ...nested[row.section], [row.key]: value };
  }
  return nested as unknown as PlatformSettings;
}

function checkName(name: string): readonly Finding[] {
  const row = findSetting('Platform', 'Name');
  const parsed = row?.setting.type.parse(name);
  if (!parsed || 'value' in parsed) return [];
  const hint = 'set Platform.Name, or rename the file';
  return [
    finding('value-invalid', `"${name}" must be ${parsed.required}`, { setting: 'Platform.Name', hint }),
  ];
}
