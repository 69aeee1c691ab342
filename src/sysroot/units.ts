/**
 * Which units systemd starts where the system's own /usr is the full initrd: what initrd.target pulls in, and what of it
 * the units' own conditions leave out. Read from files, as systemd would (systemd.unit(5)); what generators and udev add
 * at boot is not seen.
 */
import { readdirSync, readFileSync } from 'node:fs';
import type { RenderedTree } from '../render/tree.ts';
import { fileInSysroot, isDirectory } from './paths.ts';

export interface InitrdUnit {
  readonly name: string;
  /** The unit that pulls it in, and by what: `sysinit.target (Wants)`. */
  readonly because: string;
  /** What leaves it out, whatever the machine: `masked`, or a condition. */
  readonly leftOut: string | undefined;
  /** Conditions that only the machine can answer. */
  readonly conditions: readonly string[];
}

/**
 * The units that systemd starts in the full initrd of `skeleton`, its root, the sysroot's /usr, and the files of the sysroot
 * that FullInitrd.ExtraFiles names.
 */
export function unitsOfSkeleton(
  skeleton: RenderedTree,
  sysroot: string,
  extraFiles: readonly string[],
): readonly InitrdUnit[] {
  const own = [...skeleton].map(([path, file]) => {
    const text = 'text' in file ? file.text : '';
    return [path.replace(/^[^/]*/, ''), text] as const;
  });
  return unitsOfInitrd(unitFilesOf(sysroot, new Map(own), extraFiles));
}

/** The files of a full initrd by their path in it. */
export interface UnitFiles {
  /** The text of a file; undefined where there is none. */
  read(path: string): string | undefined;
  /** The names in a directory. */
  list(directory: string): readonly string[];
  exists(path: string): boolean;
}

/** What initrd.target pulls in, in that order. */
export function unitsOfInitrd(files: UnitFiles): readonly InitrdUnit[] {
  const found = new Map<string, InitrdUnit>();
  const pending = [{ name: 'initrd.target', because: 'systemd starts it in an initrd' }];
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
    const unit = found.has(next.name) ? undefined : readUnit(files, next.name);
    if (!unit) continue;
    found.set(next.name, { ...next, ...(unit.masked ? masked : conditionsOf(unit, files)) });
    // What a unit pulls in is started before its own conditions are asked; a masked one pulls nothing in.
    for (const { name, by } of unit.masked ? [] : pulledBy(files, unit))
      pending.push({ name, because: `${next.name} (${by})` });
  }
  return [...found.values()];
}

interface UnitText {
  readonly name: string;
  readonly masked: boolean;
  readonly entries: readonly (readonly [key: string, value: string])[];
}

/** In the order in which systemd looks. */
const directories = ['/etc/systemd/system', '/usr/local/lib/systemd/system', '/usr/lib/systemd/system'];

/** A unit with its drop-ins; an instance has the text of its template. Undefined where there is no such unit. */
function readUnit(files: UnitFiles, name: string): UnitText | undefined {
  const names = [...new Set([name, name.replace(/@[^.]+\./, '@.')])];
  const paths = names.flatMap((unit) => directories.map((directory) => `${directory}/${unit}`));
  const text = paths.map((path) => files.read(path)).find((content) => content !== undefined);
  if (text === undefined) return undefined;
  const dropIns = paths.flatMap((path) =>
    files
      .list(`${path}.d`)
      .filter((file) => file.endsWith('.conf'))
      .map((file) => files.read(`${path}.d/${file}`) ?? ''),
  );
  return { name, masked: text === '', entries: [text, ...dropIns].flatMap(readEntries) };
}

/** The settings of a unit file; a line that ends in \ goes on in the next one. */
function readEntries(text: string): UnitText['entries'] {
  return text
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .flatMap((line) => {
      const entry = /^\s*([A-Za-z0-9]+)\s*=\s*(.*?)\s*$/.exec(line);
      return entry ? [[entry[1] as string, entry[2] as string] as const] : [];
    });
}

const pulling = ['Requires', 'BindsTo', 'Wants', 'Upholds'];
const linking = { wants: 'Wants', requires: 'Requires', upholds: 'Upholds' };

/** The units that a unit starts with it: by its settings, and by links in the directories of its name. */
function pulledBy(files: UnitFiles, { name, entries }: UnitText) {
  const instance = /@([^.]*)\./.exec(name)?.[1] ?? '';
  const named = entries
    .filter(([key]) => pulling.includes(key))
    .flatMap(([by, value]) =>
      value.split(/\s+/).map((unit) => ({ name: unit.replace(/%[iI]/, instance), by })),
    );
  const linked = Object.entries(linking).flatMap(([suffix, by]) =>
    directories
      .flatMap((directory) => files.list(`${directory}/${name}.${suffix}`))
      .map((unit) => ({ name: unit, by })),
  );
  return [...named.filter((unit) => unit.name !== ''), ...linked];
}

const masked = { leftOut: 'masked', conditions: [] } as const;

/**
 * Conditions with `|` in front are alternatives: one of them is enough. The others must all hold. systemd.unit(5),
 * "Conditions and Asserts".
 */
function conditionsOf({ entries }: UnitText, files: UnitFiles): Pick<InitrdUnit, 'leftOut' | 'conditions'> {
  const answered = ['Condition', 'Assert']
    .flatMap((kind) => afterReset(entries.filter(([key]) => key.startsWith(kind))))
    .map(([key, value]) => ({
      text: `${key}=${value}`,
      alternative: value.startsWith('|'),
      holds: answer(key, value, files),
    }));
  const required = answered.filter(({ alternative }) => !alternative);
  const alternatives = answered.filter(({ alternative }) => alternative);
  const failed = required.find(({ holds }) => holds === false);
  const noneHolds = alternatives.length > 0 && alternatives.every(({ holds }) => holds === false);
  const oneHolds = alternatives.some(({ holds }) => holds === true);
  return {
    leftOut: failed?.text ?? (noneHolds ? alternatives.map(({ text }) => text).join(' ') : undefined),
    conditions: [...required, ...(oneHolds ? [] : alternatives)]
      .filter(({ holds }) => holds === undefined)
      .map(({ text }) => text),
  };
}

/** An empty value takes back all conditions before it, of whatever kind. */
function afterReset(conditions: UnitText['entries']): UnitText['entries'] {
  return conditions.slice(conditions.findLastIndex(([, value]) => value === '') + 1);
}

/** What the full initrd alone answers: true, false, or undefined where it takes the machine. */
function answer(key: string, value: string, files: UnitFiles): boolean | undefined {
  const negated = /^\|?!/.test(value);
  const argument = value.replace(/^\|?!?/, '').trim();
  const plain = plainAnswer(key.replace(/^(Condition|Assert)/, ''), argument, files);
  return plain === undefined ? undefined : plain !== negated;
}

/** Whether a path is one of the files that the full initrd has before it boots. */
function isKnown(path: string): boolean {
  return /^\/(etc|usr|bin|sbin|lib)\//.test(path) && !path.includes('%');
}

function plainAnswer(test: string, argument: string, files: UnitFiles): boolean | undefined {
  switch (test) {
    case 'PathExists':
    case 'FileIsExecutable':
      return isKnown(argument) ? files.exists(argument) : undefined;
    case 'FileNotEmpty':
      return isKnown(argument) ? (files.read(argument) ?? '') !== '' : undefined;
    // systemd says no to both in an initrd (its src/shared/condition.c and src/core/main.c).
    case 'NeedsUpdate':
      return false;
    case 'FirstBoot':
      return argument === 'no';
    default:
      return undefined;
  }
}

/** The files of the full initrd: `own` ones by path, /usr and `extraFiles` from the sysroot. A link of ours counts as an empty file. */
function unitFilesOf(
  sysroot: string,
  own: ReadonlyMap<string, string>,
  extraFiles: readonly string[],
): UnitFiles {
  const isExtra = (path: string) =>
    extraFiles.some((extra) => path === extra || path.startsWith(`${extra}/`));
  const inSystem = (path: string) =>
    /^\/(usr|bin|sbin|lib)\//.test(path) || isExtra(path) ? fileInSysroot(sysroot, path) : undefined;
  return {
    read(path) {
      const file = inSystem(path);
      return (
        own.get(path) ?? (file === undefined || isDirectory(file) ? undefined : readFileSync(file, 'utf8'))
      );
    },
    list(directory) {
      const below = [...own.keys()].filter((path) => path.startsWith(`${directory}/`));
      const names = below
        .map((path) => path.slice(directory.length + 1))
        .filter((name) => !name.includes('/'));
      const file = inSystem(directory);
      return [...names, ...(file === undefined || !isDirectory(file) ? [] : readdirSync(file).sort())];
    },
    exists(path) {
      return own.has(path) || inSystem(path) !== undefined;
    },
  };
}
