/** Settings whose values are no reader's business: whether they changed is published, not what they are. */
import { createHash } from 'node:crypto';
import { effectiveSettings } from './effective.ts';
import { findSettingNamed } from './settings.ts';
import type { PlatformConfig } from './validate.ts';

/** The values of a setting as they are published; those that are published already stay. */
export function shownValues(name: string, values: readonly string[]): readonly string[] {
  return isSecret(name) ? values.map(hide) : values;
}

/** True for the name of a setting, `Section.Key`, whose value is not published. */
export function isSecret(name: string): boolean {
  return findSettingNamed(name)?.setting.secret === true;
}

/** The same for the same value, so that a change can be told. */
function hide(value: string): string {
  if (/^\(not shown, [0-9a-f]{8}\)$/.test(value)) return value;
  return `(not shown, ${createHash('sha256').update(value).digest('hex').slice(0, 8)})`;
}

/** Data for JSON, with no secret of the platform in any of its texts. */
export function withoutSecrets<T>(data: T, config: PlatformConfig): T {
  const secrets = effectiveSettings(config).flatMap(({ row, values }) => (row.setting.secret ? values : []));
  const shown = (text: string) =>
    secrets.reduce((result, secret) => result.replaceAll(secret, () => hide(secret)), text);
  const text = JSON.stringify(data, (_, value) => (typeof value === 'string' ? shown(value) : value));
  return JSON.parse(text);
}
