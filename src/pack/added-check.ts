/** The check that a full initrd lacks, of /usr or of its own image: what has to be added to its tree, as one more archive behind its own. */
import { mkdtempSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { unpacksImage } from '../config/image-format.ts';
import { usesUsr } from '../config/image-host.ts';
import { placeOf } from '../config/place.ts';
import { checkingInit } from '../config/usr-units.ts';
import type { PlatformConfig } from '../config/validate.ts';
import { type Finding, finding } from '../findings.ts';
import { lengthOf, rangeOf, readRange } from '../initrd/input.ts';
import type { CpioEntry } from '../initrd/newc.ts';
import type { FileEntry, TreeEntry } from '../initrd/tree-entry.ts';
import { compileOwnProgram } from '../minimal/own-programs.ts';
import type { BootPlan } from '../plan/boot-plan.ts';
import { initrdReleasePath, osReleasePaths } from '../plan/layout.ts';
import { onlyIf } from '../plan/only-if.ts';
import {
  type CalledProgram,
  checkNameOf,
  checkNames,
  checkPath,
  pathsOf,
  renderCheckingInit,
  renderFullInitrdFiles,
  renderInstalledCheck,
} from '../render/full-initrd.ts';
import type { RenderedTree } from '../render/tree.ts';
import { type LibraryProblem, type Placed, placeLibraries } from '../sysroot/libraries.ts';
import { fileInSysroot, followLinks } from '../sysroot/paths.ts';
import { treeOfSysroot } from '../sysroot/sysroot-tree.ts';

export interface AddedCheck {
  /** What takes its place in the tree behind all that is there. */
  readonly entries: readonly CpioEntry[];
  /** Paths of what is new or other than it was. */
  readonly added: readonly string[];
  /** Paths of what is bootrelay's own, whether it was there already or not. */
  readonly own: readonly string[];
  readonly findings: readonly Finding[];
}

export interface CheckOptions {
  readonly config: PlatformConfig;
  readonly plan: BootPlan;
  /** What messages call the full initrd. */
  readonly initrd: string;
  /** Where programs are taken from that the check calls and the full initrd lacks. */
  readonly sysroot: string | undefined;
  /** A directory for what is compiled on the way. */
  readonly work: string;
}

/** What the check needs and `tree` does not have. Throws ToolError where a program cannot be compiled. */
export async function addedCheck(tree: readonly TreeEntry[], options: CheckOptions): Promise<AddedCheck> {
  const { config, plan } = options;
  const contents = new Contents(tree);
  const files = filesFor(contents, config, plan);
  if (!files) return { entries: [], added: [], own: [], findings: [withoutSystemd(options)] };
  const rendered = [...files].flatMap(([path, file]) =>
    'text' in file ? fileEntry(path, Buffer.from(file.text), file.mode) : linkEntry(path, file.target),
  );
  const programs = await missingPrograms(contents, options);
  const release = releaseFor(contents, options);
  const entries = [...rendered, ...release, ...programs.entries].filter((entry) => !contents.has(entry));
  const added = entries.map(nameOf);
  return {
    entries: entries.flatMap((entry) => [...contents.parentsOf(entry), entry]),
    added,
    own: [...rendered, ...programs.own].map(nameOf),
    findings: [...otherCheck(contents, options), ...programs.findings],
  };
}

function nameOf({ name }: CpioEntry): string {
  return `/${name}`;
}

/** For systemd as units; for another init as a program in front of it, where FullInitrd.Init names that. */
function filesFor(contents: Contents, config: PlatformConfig, plan: BootPlan): RenderedTree | undefined {
  const { Init } = config.settings.FullInitrd;
  if (contents.pathOf(Init)?.endsWith('/systemd/systemd')) return renderInstalledCheck(config, plan);
  return Init === checkingInit ? renderCheckingInit(config, plan) : undefined;
}

/**
 * What says which system it is, where an initrd without systemd does not: an initrd-release, which stage 1 wants of every
 * full initrd, and an os-release, without which a systemd in stage 1 switches to no root.
 */
function releaseFor(contents: Contents, { config, sysroot }: CheckOptions): readonly CpioEntry[] {
  const own = config.settings.FullInitrd.Init === checkingInit;
  const file =
    own && sysroot !== undefined
      ? osReleasePaths.map((path) => fileInSysroot(sysroot, path)).find((found) => found !== undefined)
      : undefined;
  if (file === undefined) return [];
  const isThere = (paths: readonly string[]) => paths.some((path) => contents.pathOf(path) !== undefined);
  return [
    ...onlyIf(
      !isThere([initrdReleasePath]),
      fileEntry(initrdReleasePath.slice(1), readFileSync(file), 0o644),
    ),
    ...onlyIf(!isThere(osReleasePaths), linkEntry('etc/os-release', basename(initrdReleasePath))),
  ];
}

/** The other check of bootrelay's would stop the boot: what it is about is not there. */
function otherCheck(contents: Contents, options: CheckOptions): readonly Finding[] {
  const own = checkNameOf(options.config.settings);
  const others = checkNames.filter((name) => name !== own && contents.pathOf(checkPath(name)) !== undefined);
  return others.map((name) =>
    unfit(
      options,
      `has ${checkPath(name)}, which stops the boot of this platform`,
      "make it without bootrelay's dracut module of another platform",
    ),
  );
}

/** In memory, or from an image in /usr, such an initrd boots all the same; else it could not leave its root. */
function withoutSystemd({ config, initrd }: CheckOptions): Finding {
  const { settings } = config;
  const { Init } = settings.FullInitrd;
  const checked = usesUsr(settings) ? '/usr' : 'its image';
  const message = `${initrd} gets no check of ${checked}: ${Init} in it is not systemd`;
  const hint = `FullInitrd.Init=${checkingInit} has pack add a program of that name, which checks ${checked} and then starts the initrd's /init`;
  const stays = !usesUsr(settings) && !unpacksImage(settings);
  const kind = stays ? 'full-initrd-unfit' : 'full-initrd-unchecked';
  const why = stays ? ', and most such initrds cannot leave a root that is not in memory' : '';
  return finding(kind, message + why, { ...placeOf(config, 'FullInitrd.Init'), hint });
}

interface Programs {
  readonly entries: readonly CpioEntry[];
  /** Those of them that are compiled here. */
  readonly own: readonly CpioEntry[];
  readonly findings: readonly Finding[];
}

/** What has to be added so that there is each program that the check calls. */
async function missingPrograms(contents: Contents, options: CheckOptions): Promise<Programs> {
  const { called } = renderFullInitrdFiles(options.config, options.plan);
  const own = called.filter((program) => wantsOwn(contents, program, options));
  const missing = called.filter((program) => !own.includes(program) && !isThere(contents, program));
  const links = missing.flatMap((program) => linkTo(contents, program));
  const others = missing.filter((program) => linkTo(contents, program).length === 0);
  const compiled = await Promise.all(own.map((program) => compiledEntry(program, options)));
  const { entries, findings } = fromSysroot(contents, others, options);
  return { entries: [...compiled.flat(), ...links, ...entries], own: compiled.flat(), findings };
}

function isThere(contents: Contents, { paths }: CalledProgram): boolean {
  return paths.some((path) => contents.hasProgram(path));
}

/** bootrelay's own program answers both questions of the check at once; where it is already, it is what is called, and must be right. */
function wantsOwn(contents: Contents, program: CalledProgram, { config }: CheckOptions): boolean {
  if (program.own === undefined) return false;
  const [path = ''] = program.paths;
  if (contents.pathOf(path) !== undefined) return true;
  return config.settings.Verity.Tool !== 'dmsetup';
}

async function compiledEntry(
  { own, paths: [path = ''] }: CalledProgram,
  { plan, work }: CheckOptions,
): Promise<readonly CpioEntry[]> {
  if (own === undefined) return [];
  const directory = mkdtempSync(join(work, 'added-check-'));
  const file = await compileOwnProgram(own, plan.architecture, join(directory, own));
  return [fileEntry(path.slice(1), readFileSync(file), 0o755)];
}

/** A link where a unit starts a program by path and the initrd has it in another directory. */
function linkTo(contents: Contents, { name, paths: [path = ''] }: CalledProgram): readonly CpioEntry[] {
  const elsewhere = pathsOf(name).find((place) => contents.hasProgram(place));
  return elsewhere === undefined ? [] : [linkEntry(path.slice(1), elsewhere)];
}

/** Programs from the sysroot, with the libraries that they need. */
function fromSysroot(
  contents: Contents,
  called: readonly CalledProgram[],
  options: CheckOptions,
): Omit<Programs, 'own'> {
  const { sysroot } = options;
  const found = called.map((program) => ({ ...program, from: fileOf(sysroot, program.name) }));
  const absent = found.filter(({ from }) => from === undefined);
  if (absent.length > 0 || sysroot === undefined)
    return { entries: [], findings: absent.map(({ name }) => absentProgram(name, options)) };
  const programs = found.flatMap(({ paths, from = '' }) => ({
    path: paths.includes(from) ? from : (paths[0] ?? from),
    from,
  }));
  const { placed, problems } = placeLibraries(treeOfSysroot(sysroot), programs);
  const places = [...programs.map(({ path, from }) => [path, { from }] as const), ...placed];
  const entries = places.flatMap(([path, place]) => placedEntry(path, place, sysroot));
  const names = called.map(({ name }) => name).join(', ');
  const findings = [
    ...problems.map((problem) => libraryProblem(problem, sysroot, options)),
    ...entries
      .filter((entry) => contents.hasAnother(entry))
      .map(({ name }) => anotherFile(String(name), names, sysroot, options)),
  ];
  return { entries, findings };
}

function fileOf(sysroot: string | undefined, name: string): string | undefined {
  if (sysroot === undefined) return undefined;
  return pathsOf(name).find((path) => fileInSysroot(sysroot, path));
}

function placedEntry(path: string, place: Placed, sysroot: string): readonly CpioEntry[] {
  if ('target' in place) return [linkEntry(path.slice(1), place.target)];
  const file = fileInSysroot(sysroot, place.from);
  if (file === undefined) return [];
  return [fileEntry(path.slice(1), readFileSync(file), statSync(file).mode & 0o777)];
}

function unfit({ config, initrd }: CheckOptions, message: string, hint: string): Finding {
  return finding('full-initrd-unfit', `${initrd} ${message}`, { ...placeOf(config), hint });
}

function absentProgram(name: string, options: CheckOptions): Finding {
  const { sysroot } = options;
  const hint =
    sysroot === undefined ? 'with --sysroot, pack takes it from there' : `install it into ${sysroot}`;
  return unfit(options, `must have ${name}, which the check calls`, hint);
}

function libraryProblem(problem: LibraryProblem, sysroot: string, options: CheckOptions): Finding {
  if (problem.kind === 'damaged') {
    const message = `gets ${problem.program}, but ${problem.path} cannot be read: ${problem.words}`;
    return unfit(options, message, `mend it in ${sysroot}`);
  }
  const names = problem.answer.names.join(' or ');
  const message = `must have ${names} where the loader looks, which ${problem.program} needs`;
  return unfit(options, message, `install it into ${sysroot}`);
}

/** Nobody can tell whether another version would do for the programs, or for what the initrd has. */
function anotherFile(path: string, names: string, sysroot: string, options: CheckOptions): Finding {
  const message = `has another /${path} than ${sysroot}, from which ${names} would come`;
  return unfit(options, message, 'make the full initrd from this sysroot, or add the programs to it');
}

/** What is in a tree, with links followed as the kernel does. */
class Contents {
  readonly #byPath: ReadonlyMap<string, TreeEntry>;

  constructor(tree: readonly TreeEntry[]) {
    this.#byPath = new Map(tree.map((entry) => [`/${entry.path}`, entry]));
  }

  /** The path without links; undefined where nothing is. */
  pathOf(path: string): string | undefined {
    return followLinks(path, (name) => {
      const entry = this.#byPath.get(name);
      return entry?.type === 'symlink' ? String(entry.target) : entry && '';
    });
  }

  #fileAt(path: string): FileEntry | undefined {
    const entry = this.#byPath.get(this.pathOf(path) ?? '');
    const file = entry?.type === 'link' ? this.#byPath.get(`/${entry.target}`) : entry;
    return file?.type === 'file' ? file : undefined;
  }

  /** Whether there is a file at a path that can be started. */
  hasProgram(path: string): boolean {
    return ((this.#fileAt(path)?.mode ?? 0) & anyExecutes) !== 0;
  }

  /** Whether something else is there. */
  hasAnother(entry: CpioEntry): boolean {
    return this.pathOf(`/${entry.name}`) !== undefined && !this.has(entry);
  }

  /**
   * Whether the same is there already: a link that leads to the same place, or a file with the same content that can be started by
   * whom the other lets start it.
   */
  has({ name, mode, data }: CpioEntry): boolean {
    const path = this.pathOf(`/${name}`);
    if (path === undefined) return false;
    if (mode >> 12 === symlink)
      return path === this.pathOf(join('/', dirname(String(name)), String(readRange(data))));
    const file = this.#fileAt(`/${name}`);
    return (
      file !== undefined &&
      (mode & anyExecutes & ~file.mode) === 0 &&
      lengthOf(file.data) === lengthOf(data) &&
      readRange(file.data).equals(readRange(data))
    );
  }

  /** Directories that an entry needs and that are not there. */
  parentsOf({ name }: CpioEntry): readonly CpioEntry[] {
    const parts = String(name).split('/').slice(0, -1);
    const above = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
    return above.filter((path) => this.pathOf(`/${path}`) === undefined).map(directoryEntry);
  }
}

function makeEntry(path: string, mode: number, content: Buffer): CpioEntry {
  const data = rangeOf(content, path);
  return {
    name: Buffer.from(path),
    mode,
    uid: 0,
    gid: 0,
    inode: '',
    links: 1,
    device: { major: 0, minor: 0 },
    data,
  };
}

/** st_mode >> 12 (inode(7)). */
const symlink = 0o12;

/** S_IXUSR, S_IXGRP and S_IXOTH (inode(7)). */
const anyExecutes = 0o111;

const nothing = Buffer.alloc(0);
const directoryEntry = (path: string) => makeEntry(path, 0o040755, nothing);
const fileEntry = (path: string, content: Buffer, mode: number) => makeEntry(path, 0o100000 | mode, content);
const linkEntry = (path: string, target: string) => makeEntry(path, 0o120777, Buffer.from(target));
