/** The rendered files, or the texts of an initrd, with syntax colours. */
import { filterOf } from './filter.ts';
import { type Html, html, idOf } from './html.ts';
import type { Section } from './page.ts';
import { highlight } from './syntax.ts';

/** Characters of text that a page has at most: a browser takes long over more. */
const mostText = 8_000_000;

/** Texts by path, each closed, with a field to find one. */
export function textsSection(texts: ReadonlyMap<string, string>): Section {
  const { shown, others } = withinLimit([...texts].sort(([left], [right]) => (left < right ? -1 : 1)));
  const content = html`${filterOf('texts-list', 'Find a file')}
<div id="texts-list">
${shown.map(([path, text]) => formatText(path, text))}</div>
${others > 0 && html`<p>${others} more files are left out: the page would be too large.</p>`}`;
  return { id: 'texts', title: 'Files as text', content };
}

type Texts = readonly (readonly [path: string, text: string])[];

/** As many of the texts, in their order, as fit into a page. */
function withinLimit(texts: Texts): { readonly shown: Texts; readonly others: number } {
  let length = 0;
  const shown = texts.filter(([, text]) => {
    length += text.length;
    return length <= mostText;
  });
  return { shown, others: texts.length - shown.length };
}

function formatText(path: string, text: string): Html {
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  return html`<details id="${idOf('text', path)}" data-name="${path}"><summary>${path} <small>${lines} line${lines === 1 ? '' : 's'}</small></summary>
<div class="scroll code" tabindex="0" role="group" aria-label="${path}"><pre aria-hidden="true" class="lines">${numbers(lines)}</pre><pre><code>${highlight(path, text)}</code></pre></div>
</details>
`;
}

function numbers(count: number): string {
  return Array.from({ length: count }, (_, index) => index + 1).join('\n');
}
