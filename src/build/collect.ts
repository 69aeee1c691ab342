/** From the plan's needs to the entries of the minimal initrd. */
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type BootPlan, type FileNeed, needsOfPlan, type ProgramNeed } from '../plan/boot-plan.ts';
import { skeletonDirectory } from '../plan/steps/make-skeleton-root.ts';
import type { RenderedTree } from '../render/tree.ts';
import { lddtreeArgs } from '../tools/lddtree.ts';
import { ToolError } from '../tools/programs.ts';
import { run } from '../tools/run.ts';
import { sha256OfFile } from '../tools/sha256.ts';
import { formatDrivers, resolveDrivers } from './drivers.ts';
import { isStatic } from './elf.ts';
import { completeEntries, type Entry, type Part } from './entries.ts';
import { firmwareFiles, readModules } from './firmware.ts';
import type { Kernel } from './kernel.ts';
import { formatLoadOrder, resolveModules, unpackModules } from './modules.ts';
import { withOpenedLibraries } from './opened-libraries.ts';
import { compileOwnProgram } from './own-programs.ts';
import { busyboxPath } from './required-programs.ts';
import { fileInSysroot } from './sysroot.ts';

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

/** Everything that goes into the minimal initrd. Throws ToolError. */
export async function collectEntries(options: CollectOptions): Promise<readonly Entry[]> {
  const { plan, sysroot } = options;
  const needs = needsOfPlan(plan);
  const programs = needs.programs.flatMap((need) => ('program' in need ? [need.program] : []));
  const [programEntries, extraEntries, moduleEntries, ownEntries] = await Promise.all([
    collectPrograms(sysroot, [busyboxPath, ...programs]),
    collectExtraFiles(sysroot, options.extraFiles),
    collectModules(options),
    compileOwnPrograms(options),
  ]);
  const fileEntries = needs.files.flatMap((need) => takeFile(sysroot, need));
  const taken = new Set([...programEntries, ...fileEntries, ...moduleEntries].map(({ path }) => path));
  return completeEntries([
    ...writeRendered(options),
    ...(plan.form === 'systemd' ? systemdEntries(sysroot) : []),
    ...fileEntries,
    ...layoutLinks,
    ...needs.directories.map((path): Entry => ({ type: 'dir', path, mode: 0o755, part: 'layout' })),
    ...needs.deviceNodes.map((node): Entry => ({ type: 'char', ...node, part: 'layout' })),
    ...needs.programs.flatMap(appletLink).filter(({ path }) => !programs.includes(path)),
    ...programEntries,
    ...ownEntries,
    ...options.skeletonFiles.flatMap((path) => skeletonFileEntries(sysroot, path)),
    ...extraEntries.filter(({ path }) => !taken.has(path)),
    ...moduleEntries,
  ]);
}

/** A merged /usr, whatever the sysroot has: scripts and loaders are found under both names. */
const layoutLinks: readonly Entry[] = ['bin', 'sbin', 'lib', 'lib64'].map((name) => ({
  type: 'link',
  path: `/${name}`,
  target: `usr/${name}`,
  part: 'layout',
}));

function writeRendered({ rendered, work }: CollectOptions): readonly Entry[] {
  const directory = join(work, 'rendered');
  return [...rendered].map(([path, file]): Entry => {
    if ('target' in file) return { type: 'link', path: `/${path}`, target: file.target, part: 'rendered' };
    const source = join(directory, path);
    mkdirSync(dirname(source), { recursive: true });
    writeFileSync(source, file.text);
    return fileEntry(`/${path}`, source, file.mode, 'rendered');
  });
}

/** systemd is PID 1, and knows by /etc/initrd-release that it is in an initrd, and of which system. */
function systemdEntries(sysroot: string): readonly Entry[] {
  const release = fileInSysroot(sysroot, '/usr/lib/os-release') ?? fileInSysroot(sysroot, '/etc/os-release');
  if (!release) throw new ToolError('the sysroot has no os-release');
  return [
    fileEntry('/etc/initrd-release', release, 0o644, 'layout'),
    { type: 'link', path: '/etc/os-release', target: 'initrd-release', part: 'layout' },
    // rd.rescue, rd.emergency and rd.systemd.unit= are meant for the full initrd: stage 1 does here what it always does.
    ...['rescue', 'emergency'].map(
      (name): Entry => ({
        type: 'link',
        path: `/usr/lib/systemd/system/${name}.target`,
        target: 'initrd.target',
        part: 'layout',
      }),
    ),
  ];
}

function takeFile(sysroot: string, { anyOf }: FileNeed): readonly Entry[] {
  const path = anyOf.find((candidate) => fileInSysroot(sysroot, candidate) !== undefined);
  return path === undefined ? [] : [fromSysroot(sysroot, path, 'units')];
}

function fileEntry(path: string, source: string, mode: number, part: Part): Entry {
  return {
    type: 'file',
    path,
    mode,
    part,
    source,
    size: statSync(source).size,
    sha256: sha256OfFile(source),
  };
}

function appletLink(need: ProgramNeed): readonly Entry[] {
  if (!('applet' in need)) return [];
  return [{ type: 'link', path: `/usr/bin/${need.applet}`, target: basename(busyboxPath), part: 'busybox' }];
}

/** Programs and the libraries they need. */
async function collectPrograms(sysroot: string, programs: readonly string[]): Promise<readonly Entry[]> {
  const paths = await withOpenedLibraries(sysroot, programs, (names) => listWithLibraries(sysroot, names));
  return paths.map((path) => {
    const part = path === busyboxPath ? 'busybox' : programs.includes(path) ? 'programs' : 'libraries';
    return fromSysroot(sysroot, path, part);
  });
}

/** The programs that bootrelay brings itself, compiled. */
async function compileOwnPrograms({ plan, work }: CollectOptions): Promise<readonly Entry[]> {
  const names = needsOfPlan(plan).programs.flatMap((need) => ('own' in need ? [need.own] : []));
  const compiled = await Promise.all(
    names.map((name) => compileOwnProgram(name, plan.architecture, join(work, name))),
  );
  return compiled.map((file) => fileEntry(`/usr/bin/${basename(file)}`, file, 0o755, 'programs'));
}

/** The paths of `programs` and their libraries below a merged /usr. */
async function listWithLibraries(sysroot: string, programs: readonly string[]): Promise<readonly string[]> {
  const dynamic = programs.filter((path) => !isStaticIn(sysroot, path));
  if (dynamic.length === 0) return programs;
  const output = await run(lddtreeArgs(sysroot, dynamic));
  const files = output.split('\n').filter(Boolean);
  const outside = files.find((file) => pathInSysroot(sysroot, file) === undefined);
  if (outside !== undefined) throw new ToolError(`lddtree names ${outside}, which is not in the sysroot`);
  const own = programs.filter((path) => !dynamic.includes(path));
  return [...new Set([...own, ...files.flatMap((file) => pathInSysroot(sysroot, file) ?? [])])];
}

/** lddtree is slow to say that a static program needs nothing. */
function isStaticIn(sysroot: string, path: string): boolean {
  const file = fileInSysroot(sysroot, path);
  return file !== undefined && isStatic(readFileSync(file));
}

/** A file of this machine as a path of the sysroot below a merged /usr; undefined outside it. */
function pathInSysroot(sysroot: string, file: string): string | undefined {
  const root = sysroot.replace(/\/+$/, '');
  return file.startsWith(`${root}/`) ? mergeUsr(file.slice(root.length)) : undefined;
}

function mergeUsr(path: string): string {
  return path.replace(/^\/(bin|sbin|lib|lib64)\//, '/usr/$1/');
}

function fromSysroot(sysroot: string, path: string, part: Part): Entry {
  const source = fileInSysroot(sysroot, path) ?? fileInSysroot(sysroot, path.replace(/^\/usr/, ''));
  if (!source) throw new ToolError(`the sysroot has no ${path}`);
  const executable = (statSync(source).mode & 0o111) !== 0;
  return fileEntry(path, source, executable ? 0o755 : 0o644, part);
}

/** Files of the system's /etc and the like, with their modes and links, for the full initrd. */
function skeletonFileEntries(sysroot: string, path: string): readonly Entry[] {
  const file = join(sysroot, path);
  const stat = lstatSync(file, { throwIfNoEntry: false });
  if (!stat) throw new ToolError(`the sysroot has no ${path}, which FullInitrd.ExtraFiles names`);
  const target = `/${skeletonDirectory}${path}`;
  if (stat.isSymbolicLink())
    return [{ type: 'link', path: target, target: readlinkSync(file), part: 'extra' }];
  if (stat.isFile()) return [fileEntry(target, file, stat.mode & 0o777, 'extra')];
  if (!stat.isDirectory()) throw new ToolError(`${path} is neither a file, a link nor a directory`);
  return readdirSync(file)
    .sort()
    .flatMap((name) => skeletonFileEntries(sysroot, `${path}/${name}`));
}

async function collectExtraFiles(sysroot: string, paths: readonly string[]): Promise<readonly Entry[]> {
  const files = paths.flatMap((path) => listFiles(sysroot, path));
  if (files.length === 0) return [];
  const elf = files.filter((path) => (statSync(fileInSysroot(sysroot, path) ?? '').mode & 0o111) !== 0);
  const libraries = elf.length === 0 ? [] : await listExtraLibraries(sysroot, elf);
  return [...new Set([...files, ...libraries])].map((path) => fromSysroot(sysroot, path, 'extra'));
}

async function listExtraLibraries(sysroot: string, paths: readonly string[]): Promise<readonly string[]> {
  const { program, args } = lddtreeArgs(sysroot, paths);
  const output = await run({ program, args: ['--skip-non-elfs', ...args] });
  return output.split('\n').flatMap((file) => pathInSysroot(sysroot, file) ?? []);
}

/** The regular files at or below a path of the sysroot. */
function listFiles(sysroot: string, path: string): readonly string[] {
  const file = fileInSysroot(sysroot, path);
  if (!file) throw new ToolError(`the sysroot has no ${path}, which Initrd.ExtraFiles names`);
  const stat = statSync(file);
  if (!stat.isDirectory() && !stat.isFile()) throw new ToolError(`${path} is neither a file nor a directory`);
  if (!stat.isDirectory() || lstatSync(join(sysroot, path)).isSymbolicLink()) return [mergeUsr(path)];
  return readdirSync(file)
    .sort()
    .flatMap((name) => listFiles(sysroot, `${path}/${name}`));
}

async function collectModules({ plan, sysroot, kernel, work }: CollectOptions): Promise<readonly Entry[]> {
  const needs = needsOfPlan(plan);
  const coldplug = needs.moduleDirectories.length > 0;
  const modules = await resolveModules(needs.modules, sysroot, kernel);
  const drivers = await resolveDrivers(needs.moduleDirectories, sysroot, kernel);
  const sources = [...modules.map(({ source }) => source), ...drivers.flatMap((driver) => driver.sources)];
  const directory = join(work, 'modules');
  await unpackModules([...new Set(sources)], directory);
  writeFileSync(join(directory, 'order'), formatLoadOrder(modules));
  if (coldplug) writeFileSync(join(directory, 'drivers'), formatDrivers(drivers, kernel));
  const entries = readdirSync(directory).map((name) =>
    fileEntry(`/modules/${name}`, join(directory, name), 0o644, 'modules'),
  );
  return [...entries, ...(await firmwareEntries(sysroot, kernel, [...new Set(sources)]))];
}

/** The firmware that the sysroot has of what the modules may ask for; drivers do without most of it. */
async function firmwareEntries(
  sysroot: string,
  kernel: Kernel,
  sources: readonly string[],
): Promise<readonly Entry[]> {
  const modules = await readModules(sources);
  const names = new Set([...modules.values()].flatMap(({ firmware }) => firmware));
  const paths = new Set([...names].sort().flatMap((name) => firmwareFiles(sysroot, kernel.version, name)));
  return [...paths].map((path) => fromSysroot(sysroot, path, 'firmware'));
}
