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

/** Unchanged lines that are shown around a change. */
const context = 2;

/** Changed lines beyond which two texts are only called different: working a difference out takes their square. */
const mostEdits = 4000;

/** Origins as comments of rendered text say them: # SETTING (FILE:LINE ...). */
const origins = /(?<=#[^\n]*\()[^()\n]*:\d+(?=\))/g;

/** What says of which platform and files a text is: the end of a line, and sometimes the next one. */
const heads = /^(#.*Rendered by bootrelay) .*$(?:\n# from .*\. Edit those, not this\.$)?/gm;

/** Rendered text without origins: that a file is renamed, or a line moves in it, changes nothing that runs. */
export function withoutOrigins(text: string): string {
  return text.replace(heads, '$1').replace(origins, '');
}

/** Rendered text without line numbers of platform files, and without its head: for a diff that a person reads. */
export function withoutLineNumbers(text: string): string {
  return text.replace(heads, '$1').replace(origins, (origin) => origin.replaceAll(/:\d+(?= |$)/g, ''));
}

/** What of a text is compared, and what of it is shown. */
interface Reading {
  readonly same: (text: string) => string;
  readonly shown: (text: string) => string;
}

const asItIs: Reading = { same: (text) => text, shown: (text) => text };

/** The texts, by path, that still differ after `same` has been applied to both; the patch is of what `shown` gives. */
export function compareTexts(
  old: ReadonlyMap<string, string>,
  fresh: ReadonlyMap<string, string>,
  { same, shown }: Reading = asItIs,
): readonly TextChange[] {
  const paths = [...new Set([...old.keys(), ...fresh.keys()])].sort();
  return paths.flatMap((path) => {
    const [before, after] = [old.get(path), fresh.get(path)];
    if (before !== undefined && after !== undefined && same(before) === same(after)) return [];
    const patch = patchOf(shown(before ?? ''), shown(after ?? ''));
    const lines = patch.split('\n');
    const count = (sign: string) => lines.filter((line) => line.startsWith(sign)).length;
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
