/** A comparison in a few sentences: what a reviewer must see first. */

import { findSettingNamed } from '../config/settings.ts';
import { checkNames, checkPath } from '../render/full-initrd.ts';
import { moduleNameOfPath } from '../sysroot/module-tables.ts';
import { formatBytes } from '../text/bytes.ts';
import { type Comparison, isSame, type SizeChange } from './compare.ts';
import type { DriverChange, FileChange } from './compare-files.ts';
import type { SettingChange } from './compare-settings.ts';
import type { SideSetting } from './side.ts';

/** A piece of a sentence: words, or a name or value of somebody else's. */
export type Part = string | { readonly name: string };

export interface Point {
  /** Something may be worse than before: a reviewer shall look at it. */
  readonly warns: boolean;
  readonly parts: readonly Part[];
}

/** A sentence with names in it; a list of parts stands for itself. */
function say(words: TemplateStringsArray, ...names: readonly (string | readonly Part[])[]): readonly Part[] {
  return words.flatMap((word, index) => {
    const name = names[index];
    if (name === undefined) return [word];
    return [word, ...(typeof name === 'string' ? [{ name }] : name)];
  });
}

export interface Summary {
  readonly title: string;
  /** The warnings first. */
  readonly points: readonly Point[];
}

/** The summary of a comparison; `names` are those of all platforms that it is the same for. */
export function summarize(comparison: Comparison, names: readonly string[] = [nameOf(comparison)]): Summary {
  const name = names.join(', ');
  if (isSame(comparison)) {
    const how = comparison.moved ? 'boots as before; only origins in comments changed' : 'no difference';
    return { title: `${name}: ${how}`, points: onceKnown(comparison) };
  }
  const points = [
    ...(comparison.platforms ? [twoPlatforms(comparison)] : []),
    ...twoKinds(comparison),
    ...settingPoints(comparison),
    ...needPoints(comparison),
    ...driverPoints(comparison),
    ...checkPoints(comparison),
    ...filePoints(comparison),
    ...packagePoints(comparison),
    ...sizePoints(comparison.kinds.includes('build') ? '/boot' : 'size', comparison.boot),
    ...sizePoints(comparison.image ? 'the image' : '/usr, the full initrd', comparison.usr),
    ...imagePoints(comparison),
    ...onceKnown(comparison),
    ...countPoints(comparison),
  ];
  const sorted = [...points.filter(({ warns }) => warns), ...points.filter(({ warns }) => !warns)];
  return { title: `${name}: ${formatCount(points.filter(({ warns }) => warns).length)}`, points: sorted };
}

function twoPlatforms({ platforms = ['', ''], files }: Comparison): Point {
  const what = files.length > 0 ? 'builds of two platforms' : 'two platforms';
  return { warns: files.length > 0, parts: say`${[what]}: ${platforms[0]} and ${platforms[1]}` };
}

function twoKinds({ kinds }: Comparison): readonly Point[] {
  if (kinds[0] === kinds[1] || !kinds.includes('initrd')) return [];
  const words = 'a build and an initrd of another origin: the same may be in another place';
  return [{ warns: false, parts: [words] }];
}

/** What a comparison is of: its platform, else the two names. */
export function nameOf({ platform, old, new: fresh }: Comparison): string {
  return platform ?? `${old} and ${fresh}`;
}

/** An image with a root hash of its own: only the minimal initrd that was built for it boots it. */
function imagePoints({ image }: Comparison): readonly Point[] {
  if (!image) return [];
  const what = image.sameData ? 'the same, with another hash tree' : 'another one';
  return [{ warns: false, parts: say`the image is ${[what]}: root hash from ${image.old} to ${image.new}` }];
}

/** What is said where only one of two builds was told of its image in /usr. */
function onceKnown({ usrKnown }: Comparison): readonly Point[] {
  if (usrKnown === undefined) return [];
  const words = `/usr, the full initrd: known only of the ${usrKnown} build (build --image), so not compared`;
  return [{ warns: false, parts: [words] }];
}

function formatCount(warnings: number): string {
  if (warnings === 0) return 'different';
  return `different, ${warnings} thing${warnings === 1 ? '' : 's'} to look at`;
}

/** A setting's value with its origin. */
function sayValue({ values, origin }: SideSetting): readonly Part[] {
  const from = origin === undefined ? [] : [` (${shorten(origin)})`];
  return [...(values.length === 0 ? ['not set'] : sayList(values)), ...from];
}

/** Of the lines that a long list comes from the first and the last. */
function shorten(origin: string): string {
  const lines = origin.split(' ');
  return lines.length <= 3 ? origin : `${lines[0]} ... ${lines.at(-1)}`;
}

function settingPoints({ settings }: Comparison): readonly Point[] {
  return settings.map((change) => {
    const { setting, old, new: fresh, direction } = change;
    const isList = Math.max(old.values.length, fresh.values.length) > 1;
    if (isList) return listPoint(change);
    return {
      warns: direction === 'looser',
      parts: say`${[direction ?? 'setting']}: ${setting} from ${sayValue(old)} to ${sayValue(fresh)}`,
    };
  });
}

/** What is said of a setting that is a list: only which entries went and came. */
function listPoint({ setting, old, new: fresh }: SettingChange): Point {
  const gone = old.values.filter((value) => !fresh.values.includes(value));
  const come = fresh.values.filter((value) => !old.values.includes(value));
  const changes = [
    ...(gone.length > 0 ? [...say`, without `, ...sayList(gone)] : []),
    ...(come.length > 0 ? [...say`, with `, ...sayList(come)] : []),
    ...(gone.length + come.length === 0 ? [', in another order'] : []),
  ];
  const from = fresh.origin === undefined ? [] : [` (${shorten(fresh.origin)})`];
  return {
    warns: gone.length > 0 && findSettingNamed(setting)?.setting.listsDrivers === true,
    parts: [...say`setting: ${setting}`, ...changes, ...from],
  };
}

function sayList(names: readonly string[]): readonly Part[] {
  return names.flatMap((name, index) => (index === 0 ? [{ name }] : [', ', { name }]));
}

/** How many points of a kind are said one by one; the others are counted. */
const mostPoints = 6;

/** The first few, and one for how many more there are. */
function few(points: readonly Point[], what: string): readonly Point[] {
  if (points.length <= mostPoints) return points;
  const shown = points.slice(0, mostPoints - 1);
  const rest = points.length - shown.length;
  return [...shown, { warns: points.some(({ warns }) => warns), parts: [`${rest} more ${what}`] }];
}

function needPoints({ steps, modules }: Comparison): readonly Point[] {
  const removed = steps.filter(({ change }) => change === 'removed');
  const { gone, come, byDevice } = modules;
  const how = byDevice ? 'loaded by name, only for a device' : 'loaded';
  return [
    ...removed.map(({ step }) => ({ warns: true, parts: say`the step ${step} is no longer taken` })),
    ...few(
      gone.map((name) => ({ warns: true, parts: say`the module ${name} is no longer ${[how]}` })),
      'modules are no longer loaded',
    ),
    ...few(
      come.map((name) => ({ warns: false, parts: say`the module ${name} is loaded now` })),
      'modules are loaded now',
    ),
  ];
}

/** Buses that hold disks and their controllers; what matters most for a boot is said first. */
const diskBus = /^(pci|virtio|usb|acpi|vmbus|scsi|hid|of|mmc):/;

function driverPoints({ drivers: all }: Comparison): readonly Point[] {
  const ofDisks = ({ devices }: DriverChange) => devices.some((device) => diskBus.test(device));
  const drivers = [...all.filter(ofDisks), ...all.filter((driver) => !ofDisks(driver))];
  const lost = drivers.filter(({ change }) => change === 'lost');
  const gained = drivers.filter(({ change }) => change === 'gained');
  return [
    ...few(
      lost.map(({ module, devices }) => ({
        warns: true,
        parts: say`no driver any more for ${sayDevices(devices)}: ${module} is gone`,
      })),
      'drivers are gone',
    ),
    ...few(
      gained.map(({ module, devices }) => ({
        warns: false,
        parts: say`a driver for ${sayDevices(devices)}: ${module} is new`,
      })),
      'drivers are new',
    ),
  ];
}

function sayDevices(devices: readonly string[]): readonly Part[] {
  const count = `${devices.length} kind${devices.length === 1 ? '' : 's'} of devices`;
  return say`${[count]}, such as ${devices[0] ?? ''}`;
}

/** The check of /usr that bootrelay puts into a full initrd: without it no machine of its platforms boots. */
function checkPoints({ files }: Comparison): readonly Point[] {
  const checks = checkNames.map((name) => checkPath(name));
  const check = files.find(({ path }) => checks.includes(path));
  if (check?.change === 'removed')
    return [{ warns: true, parts: ['the check is gone: this initrd does not work behind stage 1'] }];
  return check?.change === 'added' ? [{ warns: false, parts: ['the check is new'] }] : [];
}

/** Programs and modules that are no longer there, and programs that are new; a module that is in another place now still is. */
function filePoints({ files }: Comparison): readonly Point[] {
  const isModule = ({ path, part }: FileChange) => part === 'modules' && /\.ko(\.\w+)?$/.test(path);
  const removed = files.filter(({ change }) => change === 'removed');
  const added = new Set(
    files
      .filter((file) => file.change === 'added' && isModule(file))
      .map(({ path }) => moduleNameOfPath(path)),
  );
  const isProgram = ({ part }: FileChange) => ['programs', 'busybox'].includes(part);
  const newPrograms = files.filter((file) => file.change === 'added' && isProgram(file));
  const modules = removed.filter((file) => isModule(file) && !added.has(moduleNameOfPath(file.path)));
  return [
    ...few(
      removed.filter(isProgram).map(({ path }) => ({ warns: true, parts: say`the program ${path} is gone` })),
      'programs are gone',
    ),
    ...few(
      modules.map(({ path }) => ({ warns: true, parts: say`the module file ${path} is gone` })),
      'module files are gone',
    ),
    ...few(
      newPrograms.map(({ path }) => ({ warns: false, parts: say`the program ${path} is new` })),
      'programs are new',
    ),
  ];
}

/** Packages, and files that no package owns: these are in no advisory. */
function packagePoints({ packages, unowned }: Comparison): readonly Point[] {
  const points = packages.map(({ name, change, old = '', new: fresh = '' }): Point => {
    if (change === 'updated') return { warns: false, parts: say`package ${name}: ${old} to ${fresh}` };
    const parts =
      change === 'added' ? say`package ${name} ${fresh} is new` : say`package ${name} ${old} is gone`;
    return { warns: false, parts };
  });
  return [
    ...few(points, 'packages changed'),
    ...few(
      unowned.come.map((path) => ({ warns: true, parts: say`no package owns ${path}, which is new` })),
      'new files are owned by no package',
    ),
    ...few(
      unowned.gone.map((path) => ({
        warns: false,
        parts: say`${path}, which no package owned, is gone or owned now`,
      })),
      'files without a package are gone or owned now',
    ),
  ];
}

function sizePoints(where: string, size: SizeChange | undefined): readonly Point[] {
  if (!size || size.old === size.new) return [];
  const change = formatGrowth(size.new - size.old);
  const budget =
    size.budget === 0
      ? ''
      : `, ${Math.round((size.new / size.budget) * 100)} % of ${formatBytes(size.budget)}`;
  return [
    {
      warns: size.budget > 0 && size.new > size.budget,
      parts: [`${where}: ${formatBytes(size.old)} to ${formatBytes(size.new)} (${change})${budget}`],
    },
  ];
}

function countPoints({ files, texts }: Comparison): readonly Point[] {
  const lines = texts.reduce(
    (sum, text) => ({ added: sum.added + text.addedLines, removed: sum.removed + text.removedLines }),
    { added: 0, removed: 0 },
  );
  return [
    ...(files.length > 0
      ? [{ warns: false, parts: [`files: ${countFiles(files)}${countParts(files)}`] }]
      : []),
    ...(texts.length > 0
      ? [
          {
            warns: false,
            parts: [
              `text: ${texts.length} file${texts.length === 1 ? '' : 's'}, +${lines.added} -${lines.removed} lines`,
            ],
          },
        ]
      : []),
  ];
}

/** What the parts of the initrd grew or shrank by, the most first: `libraries +1.20 MB`. */
function countParts(files: readonly FileChange[]): string {
  const grown = new Map<string, number>();
  for (const { part, oldSize, newSize } of files) grown.set(part, (grown.get(part) ?? 0) + newSize - oldSize);
  return [...grown]
    .filter(([, bytes]) => bytes !== 0)
    .sort(([, left], [, right]) => Math.abs(right) - Math.abs(left))
    .map(([part, bytes]) => `, ${part} ${formatGrowth(bytes)}`)
    .join('');
}

function formatGrowth(bytes: number): string {
  return `${bytes > 0 ? '+' : '-'}${formatBytes(Math.abs(bytes))}`;
}

function countFiles(files: readonly FileChange[]): string {
  return (['added', 'removed', 'changed'] as const)
    .map((change) => [files.filter((file) => file.change === change).length, change] as const)
    .filter(([count]) => count > 0)
    .map(([count, change]) => `${count} ${change}`)
    .join(', ');
}
