/** Changed texts, as unified diffs. */
import { createTwoFilesPatch } from 'diff';

export interface TextChange {
  readonly path: string;
  readonly change: 'added' | 'removed' | 'changed';
  readonly addedLines: number;
  readonly removedLines: number;
  /** Hunks of a unified diff, without its head. */
  readonly patch: string;
}

/** Lines around a change. */
const context = 2;

/** Changed lines beyond which two texts are only called different: working a difference out takes their square. */
const mostEdits = 4000;

/** Where a value was set, as comments of rendered text say it: # SETTING (FILE:LINE ...). */
const origins = /(#[^\n]*\()([^()\n]*:\d+)(?=\))/g;

/** The line that says of which platform and files a text is. */
const heads = /^# Rendered by bootrelay for platform .*$/gm;

/** Rendered text without the line numbers of platform files, and without their names at its head: neither changes what runs. */
export function withoutOrigins(text: string): string {
  return text
    .replace(heads, '# Rendered by bootrelay')
    .replace(origins, (_, before: string, origin: string) => before + origin.replaceAll(/:\d+(?= |$)/g, ''));
}

/** Texts that differ, by path, once `read` has taken from them what does not count. */
export function compareTexts(
  old: ReadonlyMap<string, string>,
  fresh: ReadonlyMap<string, string>,
  read: (text: string) => string = (text) => text,
): readonly TextChange[] {
  const paths = [...new Set([...old.keys(), ...fresh.keys()])].sort();
  return paths.flatMap((path) => {
    const [before, after] = [old, fresh].map((side) => side.get(path)).map((text) => text && read(text));
    if (before === after) return [];
    const patch = patchOf(before ?? '', after ?? '');
    const count = (sign: string) => patch.split('\n').filter((line) => line.startsWith(sign)).length;
    const change = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
    return [{ path, change, addedLines: count('+'), removedLines: count('-'), patch }];
  });
}

/** Hunks of a unified diff. */
function patchOf(before: string, after: string): string {
  const options = { context, maxEditLength: mostEdits };
  const patch = createTwoFilesPatch('', '', before, after, '', '', options);
  if (patch !== undefined) return patch.split('\n').slice(4).join('\n');
  return `too different to show: ${before.split('\n').length} lines before, ${after.split('\n').length} now`;
}
