/** The rendered files, or the texts of an initrd, with syntax colours. */
import { filterOf } from './filter.ts';
import { type Html, html, idOf } from './html.ts';
import type { Section } from './page.ts';
import { highlight } from './syntax.ts';
import { withinLimit } from './within-limit.ts';

/** Characters of text that a page has at most. */
const mostText = 8_000_000;

/** Texts by path, each closed, with a field to find one. */
export function textsSection(texts: ReadonlyMap<string, string>): Section {
  const sorted = [...texts].sort(([left], [right]) => (left < right ? -1 : 1));
  const { shown, others } = withinLimit(sorted, ([, text]) => text.length, mostText);
  const content = html`${filterOf('texts-list', 'Find a file')}
<div id="texts-list">
${shown.map(([path, text]) => formatText(path, text))}</div>
${others > 0 && html`<p>${others} more files are left out: the page would be too large.</p>`}`;
  return { id: 'texts', title: 'Files as text', content };
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
