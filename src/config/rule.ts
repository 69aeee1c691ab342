/** What a rule between settings is. */
import type { FindingKind } from '../findings.ts';
import type { PlatformSettings, SettingName } from './settings.ts';

/** What a rule sees: the values, and whether and where a setting was set. */
export interface RuleInput {
  readonly settings: PlatformSettings;
  readonly isSet: (name: SettingName) => boolean;
}

export interface Violation {
  readonly kind: FindingKind;
  /** The setting that the finding points at: the one to change. */
  readonly setting: SettingName;
  readonly message: string;
  readonly hint?: string | undefined;
}

export type Rule = (input: RuleInput) => readonly Violation[];
