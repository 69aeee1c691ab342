/** Two sides -> what is different, as data. */
import { ComparisonError } from '../errors.ts';
import { compareFiles, type DriverChange, driversWithoutModule, type FileChange } from './compare-files.ts';
import { comparePackages, type PackageChanges } from './compare-packages.ts';
import { compareSettings, type SettingChange } from './compare-settings.ts';
import { compareModules, compareSteps, type ModuleChange, type StepChange } from './compare-steps.ts';
import { compareTexts, type TextChange, withoutLineNumbers, withoutOrigins } from './compare-texts.ts';
import type { ImageSize, Side } from './side.ts';

export interface Comparison {
  readonly old: string;
  readonly new: string;
  /** The name of the new side's platform, or of that of the only side that has one. */
  readonly platform: string | undefined;
  /** The names of two platforms, where they are two. */
  readonly platforms: readonly [old: string, new: string] | undefined;
  readonly settings: readonly SettingChange[];
  readonly steps: readonly StepChange[];
  readonly modules: ModuleChange;
  readonly texts: readonly TextChange[];
  /** The texts differ in nothing but origins in comments. */
  readonly moved: boolean;
  readonly files: readonly FileChange[];
  /** Hardware that loses or gains its drivers. */
  readonly drivers: readonly DriverChange[];
  /** Packages that the files are from. */
  readonly packages: PackageChanges['packages'];
  readonly unowned: PackageChanges['unowned'];
  readonly boot: SizeChange | undefined;
  readonly usr: SizeChange | undefined;
  /** The root hashes of two images that are not in /usr, and whether only their hash trees differ. */
  readonly image: { readonly old: string; readonly new: string; readonly sameData: boolean } | undefined;
  /** Which of two builds alone was told of its image in /usr. */
  readonly usrKnown: 'old' | 'new' | undefined;
  readonly kinds: readonly [old: Side['kind'], new: Side['kind']];
}

/** Bytes of an image, before and after, and what it may have: 0 for no budget. */
export interface SizeChange {
  readonly old: number;
  readonly new: number;
  readonly budget: number;
}

/** Compares what both sides have. Throws ComparisonError where they have nothing in common. */
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
    steps: old.plan && fresh.plan ? compareSteps(old.plan.steps, fresh.plan.steps) : [],
    modules:
      // Of builds the files tell which modules are there, whatever the settings name.
      old.plan && fresh.plan && !old.files
        ? compareModules(old.plan.steps, fresh.plan.steps)
        : { gone: [], come: [], byDevice: false },
    ...textsOf(old, fresh),
    files: filesOf(old, fresh),
    drivers: old.drivers && fresh.drivers ? driversWithoutModule(old.drivers, fresh.drivers) : [],
    ...packagesOf(old, fresh),
    boot: compareSizes(old.boot, fresh.boot),
    kinds: [old.kind, fresh.kind],
    usr: compareSizes(old.usr, fresh.usr),
    image: compareTrees(old.tree, fresh.tree),
    usrKnown: old.kind === 'build' && fresh.kind === 'build' ? onlyKnown(old, fresh) : undefined,
  };
}

function packagesOf(old: Side, fresh: Side): PackageChanges {
  if (old.packages && fresh.packages) return comparePackages(old.packages, fresh.packages);
  return { packages: [], unowned: { come: [], gone: [] } };
}

function onlyKnown(old: Side, fresh: Side): Comparison['usrKnown'] {
  if (old.usr && !fresh.usr) return 'old';
  return fresh.usr && !old.usr ? 'new' : undefined;
}

function compareTrees(old: Side['tree'], fresh: Side['tree']): Comparison['image'] {
  if (!old || !fresh || old.rootHash === fresh.rootHash) return undefined;
  return { old: old.rootHash, new: fresh.rootHash, sameData: old.data === fresh.data };
}

function compareSizes(old: ImageSize | undefined, fresh: ImageSize | undefined): SizeChange | undefined {
  return old && fresh && { old: old.size, new: fresh.size, budget: fresh.budget };
}

function textsOf(old: Side, fresh: Side): Pick<Comparison, 'texts' | 'moved'> {
  if (!old.texts || !fresh.texts) return { texts: [], moved: false };
  if (ofOthers(old, fresh)) return { texts: compareTexts(old.texts, fresh.texts), moved: false };
  // A platform has no explain.txt as a text: its steps are compared as data.
  const [before, after] = [old.texts, fresh.texts].map((texts) =>
    old.kind === fresh.kind ? texts : new Map([...texts].filter(([path]) => path !== 'explain.txt')),
  ) as [typeof old.texts, typeof fresh.texts];
  const texts = compareTexts(before, after, { same: withoutOrigins, shown: withoutLineNumbers });
  const differ = [...after].some(([path, text]) => before.get(path) !== text);
  return { texts, moved: differ && texts.length === 0 };
}

/** Leaves out changes of files that bootrelay wrote in which only the origins in comments changed. */
function filesOf(old: Side, fresh: Side): readonly FileChange[] {
  if (!old.files || !fresh.files) return [];
  const changes = compareFiles(old.files, fresh.files);
  if (ofOthers(old, fresh)) return changes;
  const textIn = (side: Side, path: string) => withoutOrigins(side.texts?.get(path.slice(1)) ?? '');
  return changes.filter(({ path, change, attributes }) => {
    const text = textIn(old, path);
    return change !== 'changed' || attributes.length > 0 || text === '' || text !== textIn(fresh, path);
  });
}

/** True where one of the initrds may have been made by another tool: its comments mean nothing to bootrelay. */
const ofOthers = (old: Side, fresh: Side) => old.kind === 'initrd' || fresh.kind === 'initrd';
const isImage = ({ kind }: Side) => kind === 'build' || kind === 'initrd';
const hasTexts = ({ kind }: Side) => kind === 'platform' || kind === 'rendered tree';

/** True where the two sides boot alike; `moved` says whether they are alike to the byte. */
export function isSame({ unowned, boot, usr, image, ...all }: Comparison): boolean {
  const { settings, steps, texts, files, drivers, packages } = all;
  const { come, gone } = unowned;
  const changes = [settings, steps, texts, files, drivers, packages, come, gone].every(
    (list) => list.length === 0,
  );
  return changes && !image && [boot, usr].every((size) => size === undefined || size.old === size.new);
}
