/** Two sides -> what is different, as data. */
import { compareFiles, type DriverChange, driversWithoutModule, type FileChange } from './compare-files.ts';
import { compareSettings, type SettingChange } from './compare-settings.ts';
import { compareModules, compareSteps, type ModuleChange, type StepChange } from './compare-steps.ts';
import { compareTexts, type TextChange, withoutLineNumbers } from './compare-texts.ts';
import type { Side } from './side.ts';

export interface Comparison {
  readonly old: string;
  readonly new: string;
  /** Of the new side, or of the only one that has one. */
  readonly platform: string | undefined;
  /** The names of two platforms, where they are two. */
  readonly platforms: readonly [old: string, new: string] | undefined;
  readonly settings: readonly SettingChange[];
  readonly steps: readonly StepChange[];
  readonly modules: ModuleChange;
  readonly texts: readonly TextChange[];
  /** The texts differ in nothing but the line numbers of platform files. */
  readonly moved: boolean;
  readonly files: readonly FileChange[];
  /** Hardware that loses or gains its drivers. */
  readonly drivers: readonly DriverChange[];
  readonly boot: BootSize | undefined;
}

/** Bytes in /boot, before and after, and what a build may have: 0 for no budget. */
export interface BootSize {
  readonly old: number;
  readonly new: number;
  readonly budget: number;
}

/** Two things that have nothing in common to compare. Exit code 2. */
export class ComparisonError extends Error {
  override readonly name = 'UsageError';
}

/** What both sides have is compared. Throws ComparisonError where that is nothing. */
export function compareSides(old: Side, fresh: Side): Comparison {
  if (old.kind !== fresh.kind && !(isImage(old) && isImage(fresh)) && !(hasTexts(old) && hasTexts(fresh)))
    throw new ComparisonError(
      `${old.name} is a ${old.kind}, ${fresh.name} a ${fresh.kind}: they cannot be compared`,
    );
  return {
    old: old.name,
    new: fresh.name,
    platform: fresh.platform ?? old.platform,
    platforms:
      old.platform !== undefined && fresh.platform !== undefined && old.platform !== fresh.platform
        ? [old.platform, fresh.platform]
        : undefined,
    settings: old.settings && fresh.settings ? compareSettings(old.settings, fresh.settings) : [],
    steps: old.steps && fresh.steps ? compareSteps(old.steps, fresh.steps) : [],
    modules: old.steps && fresh.steps ? compareModules(old.steps, fresh.steps) : { gone: [], come: [] },
    ...textsOf(old, fresh),
    files: old.files && fresh.files ? compareFiles(old.files, fresh.files) : [],
    drivers: old.drivers && fresh.drivers ? driversWithoutModule(old.drivers, fresh.drivers) : [],
    boot:
      old.boot && fresh.boot
        ? { old: old.boot.size, new: fresh.boot.size, budget: fresh.boot.budget }
        : undefined,
  };
}

function textsOf(old: Side, fresh: Side): Pick<Comparison, 'texts' | 'moved'> {
  if (!old.texts || !fresh.texts) return { texts: [], moved: false };
  if (!hasTexts(old)) return { texts: compareTexts(old.texts, fresh.texts), moved: false };
  // A platform has the boot in words as steps.
  const [before, after] = [old.texts, fresh.texts].map((texts) =>
    old.kind === fresh.kind ? texts : new Map([...texts].filter(([path]) => path !== 'explain.txt')),
  ) as [typeof old.texts, typeof fresh.texts];
  const texts = compareTexts(before, after, withoutLineNumbers);
  const differ = [...after].some(([path, text]) => before.get(path) !== text);
  return { texts, moved: differ && texts.length === 0 };
}

const isImage = ({ kind }: Side) => kind === 'build' || kind === 'initrd';
const hasTexts = ({ kind }: Side) => kind === 'platform' || kind === 'rendered tree';

/** True where the two sides boot alike; `moved` says whether they are alike to the byte. */
export function isSame({ settings, steps, texts, files, drivers, boot }: Comparison): boolean {
  const changes = [settings, steps, texts, files, drivers].every((list) => list.length === 0);
  return changes && (boot === undefined || boot.old === boot.new);
}
