/** From the plan's needs to the entries of the minimal initrd. */
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type BootPlan, needsOfPlan, stepOf } from '../plan/boot-plan.ts';
import { initrdReleasePath, layoutLinks, osReleasePaths } from '../plan/layout.ts';
import type { FileNeed, ProgramNeed } from '../plan/need.ts';
import { findLiveUsr } from '../plan/steps/find-live-usr.ts';
import { skeletonDirectory } from '../plan/steps/make-skeleton-root.ts';
import type { RenderedTree } from '../render/tree.ts';
import { busyboxPath } from '../sysroot/applets.ts';
import { type Links, readExtraFiles } from '../sysroot/extra-files.ts';
import { placeOfExtra } from '../sysroot/extra-programs.ts';
import { type InitrdPrograms, programsOfInitrd } from '../sysroot/initrd-programs.ts';
import type { Kernel } from '../sysroot/kernel.ts';
import { fileInSysroot, placeInSysroot } from '../sysroot/paths.ts';
import { formatDrivers, resolveDrivers } from './drivers.ts';
import { completeEntries, type Entry, fileEntry, type Part } from './entries.ts';
import { firmwareEntries } from './firmware.ts';
import { formatLoadOrder, resolveModules, unpackModules } from './modules.ts';
import { ownFileEntries } from './own-files.ts';
import { compileOwnProgram } from './own-programs.ts';

export interface CollectOptions {
  readonly plan: BootPlan;
  /** What is rendered into the minimal initrd, by path. */
  readonly rendered: RenderedTree;
  readonly sysroot: string;
  readonly kernel: Kernel;
  /** Initrd.ExtraFiles. */
  readonly extraFiles: readonly string[];
  /** FullInitrd.ExtraFiles, for the root that the system's /usr is bound into. */
  readonly skeletonFiles: readonly string[];
  /** An empty directory for files that are made on the way. */
  readonly work: string;
}

/** Everything that goes into the minimal initrd, of a sysroot in which the checks found no error. Throws ToolError. */
export async function collectEntries(options: CollectOptions): Promise<readonly Entry[]> {
  const { plan, sysroot } = options;
  const needs = needsOfPlan(plan);
  const programs = programsOfInitrd(plan, sysroot, options.extraFiles);
  const places = programs.planned.map(({ path }) => path);
  const [moduleEntries, ownEntries] = await Promise.all([
    collectModules(options),
    compileOwnPrograms(options),
  ]);
  const fileEntries = needs.files.flatMap((need) => takeFile(sysroot, need));
  const own = [
    ...writeRendered(options),
    ...(plan.form === 'systemd' ? [releaseEntry(sysroot)] : []),
    ...fileEntries,
    ...[...layoutLinks(plan)].map(
      ([path, target]): Entry => ({ type: 'link', path, target, part: 'layout' }),
    ),
    ...needs.directories.map((path): Entry => ({ type: 'dir', path, mode: 0o755, part: 'layout' })),
    ...needs.deviceNodes.map((node): Entry => ({ type: 'char', ...node, part: 'layout' })),
    ...needs.programs.flatMap(appletLink).filter(({ path }) => !places.includes(path)),
    ...programEntries(sysroot, programs),
    ...ownEntries,
    ...moduleEntries,
  ];
  const extras = options.extraFiles.flatMap((path) => extraEntries(sysroot, path, 'followed', placeOfExtra));
  const skeleton = options.skeletonFiles.flatMap((path) => skeletonFileEntries(sysroot, path));
  const all = completeEntries([...own, ...besides([...skeleton, ...extras], own)]);
  const lists = stepOf(plan, findLiveUsr) ? ownFileEntries(all, options.work) : [];
  return completeEntries([...all, ...lists]);
}

function writeRendered({ rendered, work }: CollectOptions): readonly Entry[] {
  const directory = join(work, 'rendered');
  return [...rendered].map(([path, file]): Entry => {
    if ('target' in file) return { type: 'link', path: `/${path}`, target: file.target, part: 'rendered' };
    const source = join(directory, path);
    mkdirSync(dirname(source), { recursive: true });
    writeFileSync(source, file.text);
    return fileEntry(`/${path}`, source, file.mode, 'rendered', []);
  });
}

/** systemd is PID 1, and knows by /etc/initrd-release that it is in an initrd, and of which system. */
function releaseEntry(sysroot: string): Entry {
  const release = osReleasePaths
    .map((path) => fileInSysroot(sysroot, path))
    .find((file) => file !== undefined);
  if (release === undefined) throw new Error('the sysroot has no os-release: the checks have not run');
  return fileEntry(initrdReleasePath, release, 0o644, 'layout');
}

function takeFile(sysroot: string, { anyOf }: FileNeed): readonly Entry[] {
  const path = anyOf.find((candidate) => placeInSysroot(sysroot, candidate) !== undefined);
  const from = path === undefined ? undefined : placeInSysroot(sysroot, path);
  return from === undefined ? [] : [fromSysroot(sysroot, from, 'units', path)];
}

function appletLink(need: ProgramNeed): readonly Entry[] {
  if (!('applet' in need)) return [];
  return [{ type: 'link', path: `/usr/bin/${need.applet}`, target: basename(busyboxPath), part: 'busybox' }];
}

/** The programs of the plan, and the libraries that they and the programs of ExtraFiles need. */
function programEntries(sysroot: string, { planned, libraries }: InitrdPrograms): readonly Entry[] {
  const programs = planned.map(({ path, from }) =>
    fromSysroot(sysroot, from, path === busyboxPath ? 'busybox' : 'programs', path),
  );
  const ofPlan = new Set(planned.flatMap(({ path }) => [...(libraries.neededBy.get(path) ?? [])]));
  const others = [...libraries.placed].map(([path, placed]): Entry => {
    const part = ofPlan.has(path) ? 'libraries' : 'extra';
    if ('target' in placed) return { type: 'link', path, target: placed.target, part };
    return fromSysroot(sysroot, placed.from, part, path);
  });
  return [...programs, ...others];
}

/** The programs that bootrelay brings itself, compiled. */
async function compileOwnPrograms({ plan, work }: CollectOptions): Promise<readonly Entry[]> {
  const names = needsOfPlan(plan).programs.flatMap((need) => ('own' in need ? [need.own] : []));
  const compiled = await Promise.all(
    names.map((name) => compileOwnProgram(name, plan.architecture, join(work, name))),
  );
  return compiled.map((file) => fileEntry(`/usr/bin/${basename(file)}`, file, 0o755, 'programs', []));
}

/** The file at a path of the sysroot, for the `place` of the initrd. */
function fromSysroot(sysroot: string, path: string, part: Part, place = path): Entry {
  const source = fileInSysroot(sysroot, path);
  if (!source) throw new Error(`the sysroot has no ${path}: the checks have not run`);
  const executable = (statSync(source).mode & 0o111) !== 0;
  return fileEntry(place, source, executable ? 0o755 : 0o644, part);
}

/** What an entry of ExtraFiles takes, each at the `place` of its path. */
function extraEntries(
  sysroot: string,
  entry: string,
  links: Links,
  place: (path: string) => string,
): readonly Entry[] {
  return readExtraFiles(sysroot, entry, links).items.map((item): Entry => {
    const path = place(item.path);
    if (item.type === 'file') return fileEntry(path, item.source, item.mode, 'extra');
    if (item.type === 'link') return { type: 'link', path, target: item.target, part: 'extra' };
    return { type: 'dir', path, mode: item.mode, part: 'layout' };
  });
}

/** Files of the system's /etc and the like, with their modes and links, for the full initrd. */
function skeletonFileEntries(sysroot: string, path: string): readonly Entry[] {
  return extraEntries(sysroot, path, 'kept', (name) => `/${skeletonDirectory}${name}`);
}

/** Those of `entries` for whose place there is nothing yet; the place of what bootrelay itself makes is an error later. */
function besides(entries: readonly Entry[], others: readonly Entry[]): readonly Entry[] {
  const taken = new Map(others.map(({ path, part }) => [path, part]));
  return entries.filter(({ path, type }) => {
    const part = taken.get(path);
    return part === undefined || (type !== 'dir' && (part === 'rendered' || part === 'layout'));
  });
}

async function collectModules(options: CollectOptions): Promise<readonly Entry[]> {
  const { plan, kernel, work } = options;
  const needs = needsOfPlan(plan);
  const coldplug = needs.moduleDirectories.length > 0;
  const modules = resolveModules(needs.modules, kernel);
  const drivers = resolveDrivers(needs.moduleDirectories, kernel);
  const taken = [...modules, ...drivers.flatMap((driver) => [...driver.modules, ...driver.after])];
  const directory = join(work, 'modules');
  await unpackModules(taken, directory);
  writeFileSync(join(directory, 'order'), formatLoadOrder(modules));
  if (coldplug) writeFileSync(join(directory, 'drivers'), formatDrivers(drivers, kernel));
  const sources = new Map(taken.map(({ file, source }) => [file, source]));
  const entries = readdirSync(directory).map((name) => {
    const source = sources.get(name);
    return fileEntry(
      `/modules/${name}`,
      join(directory, name),
      0o644,
      'modules',
      source === undefined ? [] : [source],
    );
  });
  return [...entries, ...(await firmwareEntries(options, [...new Set(sources.values())]))];
}
