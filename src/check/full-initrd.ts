/** Is a full initrd one that works in this boot? Looked at before anything boots. */
import { basename, join } from 'node:path';
import { usesUsr } from '../config/image-host.ts';
import { placeOf } from '../config/place.ts';
import type { SettingName } from '../config/settings.ts';
import type { PlatformConfig } from '../config/validate.ts';
import { type Finding, finding } from '../findings.ts';
import type { InitrdFile, InitrdFiles } from '../initrd/files.ts';
import { lostEntries } from '../initrd/lost-entries.ts';
import type { BootPlan } from '../plan/boot-plan.ts';
import { type CalledProgram, renderFullInitrdFiles, renderInstalledCheck } from '../render/full-initrd.ts';
import type { RenderedFile } from '../render/tree.ts';
import { startOf, type Tree } from '../sysroot/loader.ts';
import { followLinks } from '../sysroot/paths.ts';
import { interpreterOf } from '../sysroot/scripts.ts';
import { defineCheck, type Known } from './check.ts';

export const fullInitrdChecks = [
  defineCheck({ name: 'full-initrd', needs: ['fullInitrd'], run: checkFullInitrd }),
];

function checkFullInitrd({ config, plan, fullInitrd }: Known<'fullInitrd'>): readonly Finding[] {
  if (config.settings.FullInitrd.Source === 'usr') return [];
  const { name, contents, kernel } = fullInitrd;
  const unfit = (messages: readonly string[], setting?: SettingName, hint?: string) =>
    messages.map((message) =>
      finding('full-initrd-unfit', `${name} ${message}`, { ...placeOf(config, setting), hint }),
    );
  return [
    ...unfit(checkInit(contents, config.settings.FullInitrd.Init), 'FullInitrd.Init'),
    ...unfit(checkRelease(contents, config)),
    ...unfit(checkKernel(contents, kernel)),
    ...unfit(
      checkOwn(contents, config, plan),
      undefined,
      '`bootrelay pack` adds it to the image; or dracut --add bootrelay, with the rendered full/90bootrelay',
    ),
    ...checkRendering(name, contents, config, plan),
    ...lostEntries(contents.lost),
  ];
}

/** The file at a path, links followed as the kernel does. */
function fileAt(contents: InitrdFiles, path: string): InitrdFile | undefined {
  return contents.files.get(resolveIn(contents, path) ?? '');
}

/** A path without links; undefined where nothing is. An archive need not list directories above its files. */
function resolveIn({ files }: InitrdFiles, path: string): string | undefined {
  const resolved = followLinks(path, (name) => files.get(name)?.target ?? '');
  return resolved !== undefined && files.has(resolved) ? resolved : undefined;
}

/** Scripts that the kernel follows from interpreter to interpreter (execve(2)). */
const mostInterpreters = 4;

/** What is wrong with a program; nothing where it can be started. */
function checkProgram(
  contents: InitrdFiles,
  path: string,
  because: string,
  interpreters = mostInterpreters,
): readonly string[] {
  const file = fileAt(contents, path);
  if (!file) return [`must have ${path}, ${because}`];
  const executable = file.type === 'file' && (Number.parseInt(file.mode, 8) & 0o111) !== 0;
  if (!executable) return [`must have ${path} as a program that can be started: ${because}`];
  const text = contents.texts.get(file.path.slice(1));
  const asked = text === undefined ? [] : interpreterOf(Buffer.from(text));
  if (asked.length === 0) return checkLibraries(contents, path);
  if (interpreters === 0) return [`must have ${path} as a program, not as one more script of a script`];
  return asked.flatMap(({ anyOf }) => {
    const [first = ''] = anyOf;
    const interpreter = anyOf.find((candidate) => fileAt(contents, candidate)) ?? first;
    return checkProgram(contents, interpreter, `the interpreter of ${path}`, interpreters - 1);
  });
}

/** What the loader of a program does not find, or cannot read. */
function checkLibraries(contents: InitrdFiles, program: string): readonly string[] {
  const { answers, damaged } = startOf(treeOf(contents), program);
  const missing = new Map<string, string>();
  for (const { names, library, by } of answers) {
    const name = names.join(' or ');
    if (library || missing.has(name)) continue;
    missing.set(name, `must have ${name}${elsewhere(contents, names)}, which ${by} needs`);
  }
  const unreadable = [...damaged].map(([path, words]) => `must have ${path} undamaged: ${words}`);
  return [...missing.values(), ...unreadable].sort();
}

/** Where files of these names are, though the loader does not look there. */
function elsewhere({ files }: InitrdFiles, names: readonly string[]): string {
  const paths = [...files.keys()].filter((path) => names.some((name) => path.endsWith(`/${basename(name)}`)));
  return paths.length === 0 ? '' : ` where its loader looks, and not only as ${paths.join(', ')}`;
}

/** As the loader sees it. What programs open while they run is theirs to miss. */
function treeOf(contents: InitrdFiles): Tree {
  return {
    resolve: (path) => resolveIn(contents, path),
    linking(path) {
      const linking = contents.files.get(path)?.linking;
      if (typeof linking === 'string') throw new SyntaxError(linking);
      return linking;
    },
    cached: (name) => contents.libraryCache.get(name) ?? [],
    more: [],
    text: (path) => contents.texts.get((resolveIn(contents, path) ?? '').slice(1)),
    opens: () => [],
  };
}

function checkInit(contents: InitrdFiles, init: string): readonly string[] {
  const path = fileAt(contents, init)?.path ?? '';
  const own = checkProgram(contents, init, 'which switch_root starts');
  return own.length > 0 || !path.endsWith('/systemd/systemd') ? own : checkSystemd(contents);
}

const unitDirectories = ['/etc/systemd/system', '/usr/lib/systemd/system', '/lib/systemd/system'];

/** What systemd starts itself with, and what takes it on to the system. */
function checkSystemd(contents: InitrdFiles): readonly string[] {
  const libraries = [...contents.files.keys()].join('\n').matchAll(/\/libsystemd-(?:core|shared)-(\d+)/g);
  const version = Math.max(0, ...[...libraries].map(([, number]) => Number(number)));
  // The executor came with systemd 255.
  const executor = version < 255 ? [] : ['/usr/lib/systemd/systemd-executor'];
  const programs = ['/usr/lib/systemd/systemd-udevd', ...executor];
  const unit = 'initrd-switch-root.service';
  const switches = unitDirectories.some(
    (directory) => fileAt(contents, join(directory, unit))?.type === 'file',
  );
  return [
    ...programs.flatMap((path) => checkProgram(contents, path, 'which systemd starts')),
    ...(switches ? [] : [`must have ${unit}, which takes it to the system`]),
  ];
}

/** As stage 1 asks for it: without them systemd takes itself for the system, or does not switch. */
function checkRelease(contents: InitrdFiles, { settings }: PlatformConfig): readonly string[] {
  const has = (path: string) => fileAt(contents, path) !== undefined;
  const release = has('/etc/initrd-release') ? [] : ['must have /etc/initrd-release'];
  const system = ['/etc/os-release', '/usr/lib/os-release'];
  const needed = settings.Initrd.Init === 'systemd' && !system.some(has);
  return [...release, ...(needed ? [`must have ${system.join(' or ')}`] : [])];
}

/** Modules of another kernel cannot be loaded; none at all may be meant. */
function checkKernel({ files }: InitrdFiles, kernel: string | undefined): readonly string[] {
  if (kernel === undefined) return [];
  const versions = new Set(
    [...files.keys()].flatMap((path) => /^(?:\/usr)?\/lib\/modules\/([^/]+)\//.exec(path)?.[1] ?? []),
  );
  if (versions.size === 0 || versions.has(kernel)) return [];
  return [`must have modules of kernel ${kernel}, not of ${[...versions].join(', ')}`];
}

/** bootrelay's own files by path. */
function ownFiles(config: PlatformConfig, plan: BootPlan): ReadonlyMap<string, RenderedFile> {
  const installed = [...renderInstalledCheck(config, plan)];
  return new Map(installed.flatMap(([path, file]) => ('text' in file ? [[`/${path}`, file] as const] : [])));
}

/** What the check of a platform's full initrd checks. */
function checkedIn({ settings }: PlatformConfig): string {
  return usesUsr(settings) ? '/usr' : 'its image';
}

/** bootrelay's check with all that it calls, and its units, enabled. */
function checkOwn(contents: InitrdFiles, config: PlatformConfig, plan: BootPlan): readonly string[] {
  const { enabled, called, checkPath } = renderFullInitrdFiles(config, plan);
  if (!fileAt(contents, checkPath))
    return [`must have the check of ${checkedIn(config)} (dracut module bootrelay)`];
  const files = [...ownFiles(config, plan).keys()].filter((path) => fileAt(contents, path)?.type !== 'file');
  const notEnabled = enabled.filter((unit) => !isEnabled(contents, unit));
  return [
    ...checkProgram(contents, checkPath, `which checks ${checkedIn(config)}`),
    ...files.map((path) => `must have ${path}`),
    ...notEnabled.map((unit) => `must have ${unit} enabled`),
    ...called.flatMap((program) => checkCalled(contents, program)),
  ];
}

/** A program that the check calls: the first of its paths that is there must work. */
function checkCalled(contents: InitrdFiles, { name, paths, own }: CalledProgram): readonly string[] {
  const because = 'which the check calls';
  const path = paths.find((candidate) => fileAt(contents, candidate));
  if (path !== undefined) return checkProgram(contents, path, because);
  const [first = name] = paths;
  return [`must have ${own === undefined ? first : `${first} or ${name}`}, ${because}`];
}

/** A link of a .requires or .wants directory, as `systemctl enable` makes it, that leads to a unit. */
function isEnabled(contents: InitrdFiles, unit: string): boolean {
  const links = [...contents.files.keys()].filter(
    (path) => path.endsWith(`/${unit}`) && /\.(requires|wants)\/[^/]+$/.test(path),
  );
  return links.some((path) => fileAt(contents, path)?.type === 'file');
}

/** Files of bootrelay's in it that this platform would have otherwise, but for their comments. */
function checkRendering(
  name: string,
  { texts }: InitrdFiles,
  config: PlatformConfig,
  plan: BootPlan,
): readonly Finding[] {
  const others = [...ownFiles(config, plan)].filter(([path, file]) => {
    const text = texts.get(path.slice(1));
    return text !== undefined && withoutComments(text) !== withoutComments(file.text);
  });
  if (others.length === 0) return [];
  const message = `${name} has ${others.map(([path]) => path).join(', ')} as another platform or revision has it`;
  return [finding('full-initrd-outdated', message, placeOf(config))];
}

/** Several platforms may share a full initrd: their names and lines are in comments. */
function withoutComments(text: string): string {
  return text.replaceAll(/^\s*#(?!!).*\n|\s# .*$/gm, '');
}
