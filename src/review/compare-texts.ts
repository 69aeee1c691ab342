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

/** Where a value was set, as rendered text says it: (FILE:LINE ...). */
const origins = /\((?:[^\s():]+:\d+ ?)+\)/g;

/** The text without the line numbers of platform files: a line that moves there changes nothing that runs. */
function withoutLineNumbers(text: string): string {
  return text.replace(origins, (origin) => origin.replaceAll(/:\d+/g, ''));
}

/** True where a text differs, though only in such line numbers. */
export function onlyLineNumbersMoved(
  old: ReadonlyMap<string, string>,
  fresh: ReadonlyMap<string, string>,
): boolean {
  const differ = [...fresh].some(([path, text]) => old.get(path) !== text);
  return differ && compareTexts(old, fresh).length === 0;
}

/** Texts that differ, by path. */
export function compareTexts(
  old: ReadonlyMap<string, string>,
  fresh: ReadonlyMap<string, string>,
): readonly TextChange[] {
  const paths = [...new Set([...old.keys(), ...fresh.keys()])].sort();
  return paths.flatMap((path) => {
    const [before, after] = [old, fresh]
      .map((side) => side.get(path))
      .map((text) => text && withoutLineNumbers(text));
    if (before === after) return [];
    const patch = createTwoFilesPatch('', '', before ?? '', after ?? '', '', '', { context })
      .split('\n')
      .slice(4)
      .join('\n');
    const count = (sign: string) => patch.split('\n').filter((line) => line.startsWith(sign)).length;
    const change = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
    return [{ path, change, addedLines: count('+'), removedLines: count('-'), patch }];
  });
}
