/** A changed text as rows of two columns, with the changed words marked. */
import { diffWordsWithSpace, parsePatch } from 'diff';
import type { TextChange } from '../review/compare-texts.ts';
import { type Html, html } from './html.ts';

/** A row: a line on the left, on the right, or on both. */
interface Row {
  readonly left: Line | undefined;
  readonly right: Line | undefined;
  readonly same: boolean;
}

interface Line {
  readonly number: number;
  readonly text: string;
  /** True for a last line without a newline at its end. */
  readonly open?: true;
}

/** Longer lines are shown without their changed words: looking for those takes their square. */
const longestLine = 2000;

/** A changed text as one table with two columns; one that is too different to show is a sentence. */
export function formatSideBySide({ path, patch }: TextChange): Html {
  const [parsed] = parsePatch(patch);
  if (!parsed || parsed.hunks.length === 0) return html`<p>${patch}</p>`;
  return html`<table class="sides">
<caption>${path}</caption>
<thead><tr><th scope="col" class="line">line</th><th scope="col">before</th><th scope="col" class="line">line</th><th scope="col">now</th></tr></thead>
${parsed.hunks.map(
  (hunk) => html`<tbody>${rowsOf(hunk).map(formatRow)}</tbody>
`,
)}</table>`;
}

type Hunk = ReturnType<typeof parsePatch>[number]['hunks'][number];

/** Removed lines stand beside the added ones that follow them. */
function rowsOf({ oldStart, newStart, lines }: Hunk): readonly Row[] {
  const rows: Row[] = [];
  let [oldNumber, newNumber] = [oldStart, newStart];
  let removed: Line[] = [];
  let added: Line[] = [];
  const flush = () => {
    const count = Math.max(removed.length, added.length);
    for (let index = 0; index < count; index += 1)
      rows.push({ left: removed[index], right: added[index], same: false });
    removed = [];
    added = [];
  };
  for (const [index, line] of lines.entries()) {
    const text = line.slice(1);
    const open = lines[index + 1]?.startsWith('\\') ? ({ open: true } as const) : {};
    if (line.startsWith('-')) removed.push({ number: oldNumber++, text, ...open });
    else if (line.startsWith('+')) added.push({ number: newNumber++, text, ...open });
    else if (line.startsWith(' ')) {
      flush();
      const [left, right] = [oldNumber++, newNumber++];
      rows.push({
        left: { number: left, text, ...open },
        right: { number: right, text, ...open },
        same: true,
      });
    }
  }
  flush();
  return rows;
}

function formatRow({ left, right, same }: Row): Html {
  if (same)
    return html`<tr class="same">${cells(left, html`${left?.text}`, '')}${cells(right, html`${right?.text}`, '')}</tr>\n`;
  const [before, after] =
    left && right ? markWords(left.text, right.text) : [html`${left?.text}`, html`${right?.text}`];
  return html`<tr>${cells(left, before, 'removed')}${cells(right, after, 'added')}</tr>\n`;
}

function cells(line: Line | undefined, text: Html, change: 'added' | 'removed' | ''): Html {
  if (!line) return html`<td class="line"></td><td class="none"></td>`;
  const sign = change && html`<span class="sr">${change}: </span>`;
  const end = line.open && change && html` <small>no newline at the end</small>`;
  return html`<td class="line">${line.number}</td><td class="${change}">${sign}<code>${text}</code>${end}</td>`;
}

function markWords(before: string, after: string): readonly [Html, Html] {
  if (before.length + after.length > longestLine) return [html`${before}`, html`${after}`];
  const words = diffWordsWithSpace(before, after);
  const side = (unwanted: 'added' | 'removed') =>
    html`${words.filter((word) => !word[unwanted]).map(({ value, added, removed }) => (added || removed ? html`<mark>${value}</mark>` : value))}`;
  return [side('added'), side('removed')];
}
