/** What a platform may set of the mount options of /usr: the table of mount-options.ts, as findings. */

import { didYouMean } from '../text/suggestions.ts';
import { findMountOption, mountOptionsOf, type OptionUse, splitMountOptions } from './mount-options.ts';
import type { Rule, Violation } from './rule.ts';
import type { PlatformSettings } from './settings.ts';

const optionsAreKnown: Rule = ({ settings: { Usr } }) =>
  (['Usr.Options', 'Usr.FixedOptions'] as const).flatMap((setting) => {
    const text = setting === 'Usr.Options' ? Usr.Options : Usr.FixedOptions;
    return splitMountOptions(text).flatMap((option) => judge(setting, option, Usr.FileSystem));
  });

/** Uses that a platform may make of an option. Of several file systems one must know it: the others are mounted without it. */
const usable: readonly OptionUse[] = ['always', 'command line', 'platform'];

function judge(
  setting: Violation['setting'],
  option: string,
  fileSystems: PlatformSettings['Usr']['FileSystem'],
): readonly Violation[] {
  const rows = fileSystems.flatMap((fileSystem) => findMountOption(fileSystem, option) ?? []);
  if (rows.some(({ use }) => usable.includes(use))) return [];
  const [row] = rows;
  if (row?.use === 'later stages') {
    const message = `${option} ${row.what}: stage 1 mounts /usr without it`;
    return [{ kind: 'setting-without-effect', setting, message }];
  }
  const allowed = new Set(
    fileSystems
      .flatMap(mountOptionsOf)
      .filter(({ use }) => usable.includes(use))
      .map((row) => row.option),
  );
  const why = row?.what ?? 'it is not known to leave what is mounted, and where, as it was verified';
  return [
    {
      kind: 'mount-option-refused',
      setting,
      message: `${option} must not be a mount option of /usr: ${why}`,
      hint:
        didYouMean(option, [...allowed]) ??
        `allowed with ${fileSystems.join(', ')}: ${[...allowed].join(' ')}`,
    },
  ];
}

export const mountOptionRules: readonly Rule[] = [optionsAreKnown];
