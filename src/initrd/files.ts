/** The files of an initrd of any origin: by bootrelay, dracut, mkosi or by hand. */
import { createHash } from 'node:crypto';
import { InitrdError } from '../errors.ts';
import { readLibraryCache } from '../sysroot/library-directories.ts';
import { type Linking, linkingOf } from '../sysroot/linking.ts';
import { type Initrd, withInitrd } from './archives.ts';
import { readRange } from './input.ts';
import { readPackedImage } from './packed-image.ts';
import { isPublic } from './public.ts';
import { makeTree } from './tree.ts';
import type { TreeEntry } from './tree-entry.ts';

/** A file of an initrd. */
export interface InitrdFile {
  readonly path: string;
  readonly type: string;
  /** What it is there for: program, library, module, ... */
  readonly part: string;
  readonly mode: string;
  /** The owner as UID:GID. */
  readonly owner: string;
  /** Bytes; 0 for what is no regular file, and for each further name of one: the first by the order of names has the bytes. */
  readonly size: number;
  /** The hash of a file, the target of a link or the numbers of a device: equal where the content is equal. */
  readonly content: string;
  /** Where a symbolic link leads. */
  readonly target?: string;
  /** What a program or library tells its loader, or why that cannot be read. */
  readonly linking?: Linking | string;
}

export interface InitrdFiles {
  readonly files: ReadonlyMap<string, InitrdFile>;
  /** Small regular files that are text. */
  readonly texts: ReadonlyMap<string, string>;
  readonly drivers: ReadonlyMap<string, string>;
  /** The libraries that its loader has in a cache, by name. */
  readonly libraryCache: ReadonlyMap<string, readonly string[]>;
  /** What the kernel makes nothing of, one sentence each. */
  readonly lost: readonly string[];
}

/** Bytes up to which a text is worth comparing line by line. */
const longestText = 65536;

/** Reads all archives of the initrd, the early ones too; `work` takes what is decompressed. Throws InitrdError, ToolError. */
export async function readInitrdFiles(initrd: string, work: string): Promise<InitrdFiles> {
  const packed = readPackedImage(initrd);
  if (packed) throw new InitrdError(`${initrd} is a packed image, ${packed.fileSystem}: its cpio is wanted`);
  return withInitrd(initrd, { work }, filesOf);
}

function filesOf({ archives, texts: beside }: Initrd): InitrdFiles {
  const files = new Map<string, InitrdFile>();
  const texts = new Map(beside);
  const drivers = new Map<string, string>();
  let libraryCache: InitrdFiles['libraryCache'] = new Map();
  const { entries, lost } = makeTree(archives);
  for (const entry of entries.filter(({ path }) => path !== '')) {
    const first = entry.type === 'link' ? files.get(`/${entry.target}`) : undefined;
    if (first) {
      files.set(`/${entry.path}`, { ...first, path: `/${entry.path}`, size: 0 });
      continue;
    }
    const content = contentOf(entry);
    files.set(`/${entry.path}`, describe(entry, content));
    const text = entry.type === 'file' && isPublic(entry.path, entry.mode) ? asText(content) : undefined;
    if (text !== undefined) texts.set(entry.path, text);
    for (const [pattern, module] of driversIn(entry.path, content)) drivers.set(pattern, module);
    if (entry.path === 'etc/ld.so.cache') libraryCache = readLibraryCache(content);
  }
  return { files, texts, drivers, libraryCache, lost };
}

function contentOf(entry: TreeEntry): Buffer {
  if (entry.type === 'file') return readRange(entry.data);
  if (entry.type === 'symlink') return entry.target;
  return Buffer.from('major' in entry ? `${entry.major}:${entry.minor}` : '');
}

function describe(entry: TreeEntry, content: Buffer): InitrdFile {
  const linking = entry.type === 'file' ? readLinking(content) : undefined;
  return {
    path: `/${entry.path}`,
    type: entry.type,
    part: partOf(entry.path, content),
    mode: entry.mode.toString(8).padStart(4, '0'),
    owner: `${entry.uid}:${entry.gid}`,
    size: entry.type === 'file' ? content.length : 0,
    content: createHash('sha256').update(content).digest('hex'),
    ...('target' in entry && { target: String(entry.target) }),
    ...(linking !== undefined && { linking }),
  };
}

function readLinking(content: Buffer): Linking | string | undefined {
  try {
    return linkingOf(content);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return error.message;
  }
}

/** What a file is there for, by where it is. */
const places: readonly (readonly [RegExp, string])[] = [
  [/\.ko(\.\w+)?$|^modules\/|(^|\/)lib\/modules\//, 'modules'],
  [/(^|\/)firmware\//, 'firmware'],
  [/^kernel\/x86\/microcode\//, 'microcode'],
  [/\.so(\.[\w.]+)?$/, 'libraries'],
  [/(^|\/)systemd\/system\/|(^|\/)udev\/rules\.d\//, 'units'],
];

function partOf(path: string, content: Buffer): string {
  const place = places.find(([pattern]) => pattern.test(path))?.[1];
  if (place) return place;
  const elf = content.toString('latin1', 0, 4) === '\u007fELF';
  return elf || /(^|\/)s?bin\//.test(path) ? 'programs' : 'other';
}

function asText(content: Buffer): string | undefined {
  if (content.length > longestText || content.includes(0)) return undefined;
  const text = content.toString('utf8');
  return text.includes('\ufffd') ? undefined : text;
}

/** modalias patterns and their modules: from a module itself, from modules.alias, or from bootrelay's own list. */
function driversIn(path: string, content: Buffer): readonly (readonly [string, string])[] {
  if (/(^|\/)modules\.alias$/.test(path)) {
    return [...content.toString('latin1').matchAll(/^alias ((?!devname:)\S*:\S*) (\S+)$/gm)].map(
      ([, pattern = '', module = '']) => [pattern, module] as const,
    );
  }
  if (path.endsWith('.ko')) return aliasesOf(path, content);
  if (path !== 'modules/drivers') return [];
  const lines = content
    .toString('latin1')
    .matchAll(/^ {2}case \$1 in (.*)\) load [^;]*?([^\s;]+)\.ko(?:; load [^;]*)? ;; esac$/gm);
  return [...lines].flatMap(([, patterns = '', module = '']) =>
    patterns.split('|').map((pattern) => [pattern.replaceAll('\\', ''), module] as const),
  );
}

/** alias=PATTERN in a module's .modinfo, each between NULs; compressed modules tell nothing. devname: is a name in /dev. */
function aliasesOf(path: string, module: Buffer): readonly (readonly [string, string])[] {
  const name = path.replace(/^.*\//, '').replace(/\.ko$/, '');
  const aliases = module.toString('latin1').matchAll(/\0alias=((?!devname:)[^\0:]+:[^\0]*)(?=\0)/g);
  return [...aliases].map(([, pattern = '']) => [pattern, name] as const);
}
