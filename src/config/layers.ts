/**
 * The layers of a platform, lowest first: the files it extends, the file itself, its drop-ins, --set.
 * Reading is left to the caller's FileReader: this module does no I/O.
 */
import { dirname, join } from 'node:path';
import { type Finding, finding, type Origin } from '../findings.ts';
import { closest } from '../text/suggestions.ts';
import type { FileReader } from './file-reader.ts';
import { type Assignment, parseIni, type SectionHeader } from './ini.ts';
import { extendedFile, isShipped, platformFile, shippedNames, withShipped } from './shipped.ts';

export interface Layers {
  /** All assignments in the order in which they take effect. */
  readonly assignments: readonly Assignment[];
  /** The sections that they have, or would have if they had any keys. */
  readonly sections: readonly SectionHeader[];
  /** The files that were read, in the same order. */
  readonly files: readonly string[];
  readonly findings: readonly Finding[];
}

/** Origin.file of an assignment from the command line. */
export const commandLineOrigin = '--set';

/**
 * Collects the layers of the platform file at `path`.
 * `overrides` are the texts of --set, each `Section.Key=value`.
 */
export function resolveLayers(path: string, overrides: readonly string[], reader: FileReader): Layers {
  const own = withShipped(reader);
  const file = platformFile(path);
  const files = [file, ...dropIns(file, own)].flatMap((name) => fileLayers(name, [], own));
  return concatenate([...countOnce(files), overrideLayer(overrides)]);
}

const nothing: Layers = { assignments: [], sections: [], files: [], findings: [] };

function concatenate(layers: readonly Layers[]): Layers {
  return {
    assignments: layers.flatMap(({ assignments }) => assignments),
    sections: layers.flatMap(({ sections }) => sections),
    files: layers.flatMap(({ files }) => files),
    findings: layers.flatMap(({ findings }) => findings),
  };
}

function dropIns(path: string, reader: FileReader): readonly string[] {
  const directory = `${path}.d`;
  return reader
    .list(directory)
    .filter((name) => name.endsWith('.conf'))
    .map((name) => join(directory, name));
}

interface FileLayer {
  readonly file: string;
  readonly layers: Layers;
}

/** One file behind what it extends. `chain` holds the files that led here. */
function fileLayers(
  path: string,
  chain: readonly string[],
  reader: FileReader,
  from?: Origin,
): readonly FileLayer[] {
  const only = (layers: Partial<Layers>): FileLayer => ({ file: path, layers: { ...nothing, ...layers } });
  if (/\p{Cc}/u.test(path)) {
    const origin = { file: path.replace(/\p{Cc}/gu, '?'), line: 0 };
    return [
      only({
        findings: [finding('file-unreadable', 'its name must not have control characters', { origin })],
      }),
    ];
  }
  const content = reader.read(path);
  if ('error' in content) return [only({ findings: [unreadable(path, content, reader, from)] })];
  const source = decodeUtf8(content);
  if (source === undefined) {
    const message = 'a platform file must be UTF-8 text';
    return [only({ findings: [finding('file-not-utf8', message, { origin: { file: path, line: 0 } })] })];
  }
  const { assignments, sections, findings } = parseIni(source, path);
  const cycle = [...chain, path];
  const extended = extendsOf(assignments).flatMap(({ value, origin }) => {
    const base = extendedFile(value, path);
    return cycle.includes(base)
      ? [only({ findings: [extendsCycle([...cycle, base], origin)] })]
      : fileLayers(base, cycle, reader, origin);
  });
  return [...extended, only({ assignments, sections, files: [path], findings })];
}

/** A base that several files extend counts once, where it came first: it must not override what extends it. */
function countOnce(layers: readonly FileLayer[]): readonly Layers[] {
  const first = (layer: FileLayer, index: number): boolean =>
    layer.layers.files.length === 0 ||
    layers.findIndex(({ file, layers: { files } }) => file === layer.file && files.length > 0) === index;
  return layers.filter(first).map((layer) => layer.layers);
}

/** The Extends= assignments that count: an empty one resets those before it. */
function extendsOf(assignments: readonly Assignment[]): readonly Assignment[] {
  const all = assignments.filter(({ section, key }) => section === 'Platform' && key === 'Extends');
  const reset = all.findLastIndex(({ value }) => value === '');
  return all.slice(reset + 1);
}

function extendsCycle(cycle: readonly string[], origin: Origin): Finding {
  const message = `a file must not extend itself: ${cycle.join(' -> ')}`;
  return finding('extends-cycle', message, { setting: 'Platform.Extends', origin });
}

function unreadable(
  path: string,
  problem: { readonly error: string; readonly missing: boolean },
  reader: FileReader,
  from: Origin | undefined,
): Finding {
  if (!from) return finding('file-unreadable', problem.error, { origin: { file: path, line: 0 } });
  if (!problem.missing) {
    return finding('file-unreadable', problem.error, { setting: 'Platform.Extends', origin: from });
  }
  return finding('extends-missing', `Extends must name an existing file; there is no ${path}`, {
    setting: 'Platform.Extends',
    origin: from,
    hint: missingHint(path, problem.error, reader),
  });
}

/** What was meant by a name that is not there. */
function missingHint(path: string, problem: string, reader: FileReader): string | undefined {
  const shipped = isShipped(path);
  const names = shipped
    ? shippedNames()
    : reader.list(dirname(path)).map((name) => join(dirname(path), name));
  const neighbour = closest(shipped ? path.replace(/\.ini$/, '') : path, names);
  if (neighbour) return `did you mean ${neighbour}?`;
  return shipped ? problem : severalHint(path);
}

/** A name with a blank or a comma in it that is not there was meant as several. */
function severalHint(path: string): string | undefined {
  return /[\s,]/.test(path) ? 'repeat Extends= for each file' : undefined;
}

function decodeUtf8(content: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    return undefined;
  }
}

/** The parts of `Section.Key=value`; undefined for any other text. */
export function splitOverride(text: string) {
  const [, section, key, value] = /^([^.=]+)\.([^.=]+)=(.*)$/su.exec(text) ?? [];
  return section === undefined || key === undefined || value === undefined
    ? undefined
    : { section, key, value };
}

function overrideLayer(overrides: readonly string[]): Layers {
  const parsed = overrides.map((override, index) => {
    const origin = { file: commandLineOrigin, line: index + 1 };
    const parts = splitOverride(override);
    if (!parts) {
      const message = `--set takes Section.Key=value, not "${override.replace(/\p{Cc}/gu, '?')}"`;
      return { ...nothing, findings: [finding('syntax', message, { origin })] };
    }
    const { section, key, value } = parts;
    if (section === 'Platform' && key === 'Extends') {
      const message = 'Extends must be set in a file; it is read before --set';
      return {
        ...nothing,
        findings: [finding('settings-contradict', message, { setting: 'Platform.Extends', origin })],
      };
    }
    if (/\p{Cc}/u.test(value)) {
      const message = 'the value must not contain control characters';
      const setting = `${section}.${key}`;
      return { ...nothing, findings: [finding('value-control-character', message, { setting, origin })] };
    }
    return {
      ...nothing,
      assignments: [{ section, key, value: value.trim(), origin }],
      sections: [{ name: section, origin }],
    };
  });
  return concatenate(parsed);
}
