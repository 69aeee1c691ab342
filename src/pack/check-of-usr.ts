/** The check of /usr that a full initrd lacks: what has to be added to its tree, as one more archive behind its own. */
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { placeOf } from '../config/place.ts';
import type { PlatformConfig } from '../config/validate.ts';
import { type Finding, finding } from '../findings.ts';
import { lengthOf, rangeOf, readRange } from '../initrd/input.ts';
import type { CpioEntry } from '../initrd/newc.ts';
import type { TreeEntry } from '../initrd/tree-entry.ts';
import type { BootPlan } from '../plan/boot-plan.ts';
import { initrdReleasePath, osReleasePaths } from '../plan/layout.ts';
import {
  checkingInit,
  checkUsrPaths,
  renderCheckingInit,
  renderFullInitrdFiles,
  renderInstalledCheck,
} from '../render/full-initrd.ts';
import type { RenderedTree } from '../render/tree.ts';
import { placeLibraries } from '../sysroot/libraries.ts';
import { fileInSysroot, followLinks } from '../sysroot/paths.ts';
import { treeOfSysroot } from '../sysroot/sysroot-tree.ts';

export interface AddedCheck {
  /** What takes its place in the tree behind all that is there. */
  readonly entries: readonly CpioEntry[];
  /** Paths of what is new or other than it was. */
  readonly added: readonly string[];
  readonly findings: readonly Finding[];
}

export interface CheckOptions {
  readonly config: PlatformConfig;
  readonly plan: BootPlan;
  /** What messages call the full initrd. */
  readonly initrd: string;
  /** Where programs are taken from that the check calls and the full initrd lacks. */
  readonly sysroot: string | undefined;
}

/** What the check of /usr needs and `tree` does not have. */
export function checkOfUsr(tree: readonly TreeEntry[], options: CheckOptions): AddedCheck {
  const { config, plan } = options;
  const contents = new Contents(tree);
  const files = filesFor(contents, config, plan);
  if (!files) return { entries: [], added: [], findings: [withoutSystemd(options)] };
  const rendered = [...files].flatMap(([path, file]) =>
    'text' in file ? fileEntry(path, Buffer.from(file.text), file.mode) : linkEntry(path, file.target),
  );
  const programs = missingPrograms(contents, options);
  const release = releaseFor(contents, options);
  const entries = [...rendered, ...release, ...programs.entries].filter((entry) => !contents.has(entry));
  const added = entries.map(({ name }) => `/${name}`);
  return {
    entries: entries.flatMap((entry) => [...contents.parentsOf(entry), entry]),
    added,
    findings: programs.findings,
  };
}

/** For systemd as units; for another init as a program in front of it, where FullInitrd.Init names that. */
function filesFor(contents: Contents, config: PlatformConfig, plan: BootPlan): RenderedTree | undefined {
  const { Init } = config.settings.FullInitrd;
  if (contents.pathOf(Init)?.endsWith('/systemd/systemd'))
    return renderInstalledCheck(config, plan, checkUsrPaths.dracut);
  return Init === checkingInit ? renderCheckingInit(config, plan) : undefined;
}

/** An initrd-release, which stage 1 wants of every full initrd, though only systemd reads it: initramfs-tools 0.142 makes none. */
function releaseFor(contents: Contents, { config, sysroot }: CheckOptions): readonly CpioEntry[] {
  const own = config.settings.FullInitrd.Init === checkingInit;
  if (!own || sysroot === undefined || contents.pathOf(initrdReleasePath) !== undefined) return [];
  const file = osReleasePaths
    .map((path) => fileInSysroot(sysroot, path))
    .find((found) => found !== undefined);
  return file === undefined ? [] : [fileEntry(initrdReleasePath.slice(1), readFileSync(file), 0o644)];
}

function withoutSystemd({ config, initrd }: CheckOptions): Finding {
  const message = `${initrd} gets no check of /usr: ${config.settings.FullInitrd.Init} in it is not systemd`;
  const hint = `FullInitrd.Init=${checkingInit} has pack add a program of that name, which checks /usr and then starts the initrd's /init`;
  return finding('full-initrd-unchecked', message, { ...placeOf(config, 'FullInitrd.Init'), hint });
}

interface Programs {
  readonly entries: readonly CpioEntry[];
  readonly findings: readonly Finding[];
}

const directories = ['/usr/bin', '/usr/sbin', '/bin', '/sbin'];

/** Programs that the check calls, from the sysroot, with the libraries that they need. */
function missingPrograms(contents: Contents, options: CheckOptions): Programs {
  const { config, plan, initrd, sysroot } = options;
  const { programs } = renderFullInitrdFiles(config, plan, checkUsrPaths.dracut);
  const missing = programs.filter(
    (name) => !directories.some((directory) => contents.pathOf(`${directory}/${name}`)),
  );
  const unfit = (message: string, hint: string): Finding =>
    finding('full-initrd-unfit', `${initrd} ${message}`, { ...placeOf(config), hint });
  const found = missing.map((name) => ({
    name,
    path: sysroot === undefined ? undefined : pathIn(sysroot, name),
  }));
  const absent = found.filter(({ path }) => path === undefined).map(({ name }) => name);
  if (absent.length > 0 || sysroot === undefined) {
    const hint =
      sysroot === undefined ? 'with --sysroot, pack takes it from there' : `install it into ${sysroot}`;
    return {
      entries: [],
      findings: absent.map((name) => unfit(`must have ${name}, which the check of /usr calls`, hint)),
    };
  }
  const places = found.flatMap(({ path }) => path ?? []);
  const { placed, problems } = placeLibraries(
    treeOfSysroot(sysroot),
    places.map((path) => ({ path, from: path })),
  );
  const files = [...places.map((path) => [path, { from: path }] as const), ...placed];
  const entries = files.flatMap(([path, place]) => {
    if ('target' in place) return linkEntry(path.slice(1), place.target);
    const file = fileInSysroot(sysroot, place.from);
    return file === undefined
      ? []
      : fileEntry(path.slice(1), readFileSync(file), statSync(file).mode & 0o777);
  });
  const lacking = problems.map((problem) =>
    problem.kind === 'damaged'
      ? unfit(
          `gets ${problem.program}, but ${problem.path} cannot be read: ${problem.words}`,
          `mend it in ${sysroot}`,
        )
      : unfit(
          `must have ${problem.answer.names.join(' or ')} where the loader looks, which ${problem.program} needs`,
          `install it into ${sysroot}`,
        ),
  );
  const others = entries.filter((entry) => contents.pathOf(`/${entry.name}`) && !contents.has(entry));
  const findings = others.map(({ name }) =>
    unfit(
      `has another /${name} than ${sysroot}, from which ${missing.join(', ')} would come`,
      'make the full initrd from this sysroot, or add the programs to it',
    ),
  );
  return { entries, findings: [...lacking, ...findings] };
}

function pathIn(sysroot: string, name: string): string | undefined {
  return ['/usr/bin', '/usr/sbin']
    .map((directory) => `${directory}/${name}`)
    .find((path) => fileInSysroot(sysroot, path));
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

  /** Whether the same is there already: a link that leads to the same place, or a file with the same content. */
  has({ name, mode, data }: CpioEntry): boolean {
    const path = this.pathOf(`/${name}`);
    if (path === undefined) return false;
    if (mode >> 12 === symlink)
      return path === this.pathOf(join('/', dirname(String(name)), String(readRange(data))));
    const resolved = this.#byPath.get(path);
    const file = resolved?.type === 'link' ? this.#byPath.get(`/${resolved.target}`) : resolved;
    return (
      file?.type === 'file' &&
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

const nothing = Buffer.alloc(0);
const directoryEntry = (path: string) => makeEntry(path, 0o040755, nothing);
const fileEntry = (path: string, content: Buffer, mode: number) => makeEntry(path, 0o100000 | mode, content);
const linkEntry = (path: string, target: string) => makeEntry(path, 0o120777, Buffer.from(target));
