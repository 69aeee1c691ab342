/** The rule that each row of the table of settings brings: a setting that does not count with the others. */

import { formatRemedy, formatUnmet, unmetCondition, type ValuesOf } from './only-with.ts';
import type { Rule, RuleInput, Violation } from './rule.ts';
import { findSettingNamed, type PlatformSettings, type SettingRow, settingRows } from './settings.ts';
import { writtenValues } from './written-values.ts';

/** A finding for each setting that was set although nothing reads it with the values of the others. */
export const settingsHaveEffect: Rule = (input) => settingRows.flatMap((row) => findNoEffect(row, input));

function findNoEffect(row: SettingRow, { settings, isSet }: RuleInput): readonly Violation[] {
  const { onlyWith = [], lost, asksNothing } = row.setting;
  // A list that is emptied wants nothing, so that nothing is without effect.
  const values = writtenValues(settings, row);
  const asks = values.some((value) => value !== asksNothing);
  const wanted = (isSet(row.name) || lost !== undefined) && asks;
  const valuesOf = valuesIn(settings);
  const unmet = wanted ? unmetCondition(onlyWith, valuesOf) : undefined;
  if (!unmet) return [];
  const message = `has no effect ${formatUnmet(unmet, valuesOf)}`;
  const finding = { kind: 'setting-without-effect', setting: row.name } as const;
  if (lost === undefined) return [{ ...finding, message }];
  const hint = [formatRemedy(unmet), `an empty ${row.key}=`].filter(Boolean).join(', or ');
  return [{ ...finding, message: `${message}: ${lost}`, hint }];
}

function valuesIn(settings: PlatformSettings): ValuesOf {
  return (name) => {
    const row = findSettingNamed(name);
    return row ? writtenValues(settings, row) : [];
  };
}
