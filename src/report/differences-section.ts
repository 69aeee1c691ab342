/** What is different between two inputs: the short version, then steps, files, drivers, and texts side by side. */

import type { Comparison } from '../review/compare.ts';
import type { DriverChange, FileChange } from '../review/compare-files.ts';
import type { PackageChange } from '../review/compare-packages.ts';
import type { StepChange } from '../review/compare-steps.ts';
import type { TextChange } from '../review/compare-texts.ts';
import { type Point, summarize } from '../review/summary.ts';
import { formatBytes } from '../text/bytes.ts';
import { filterOf } from './filter.ts';
import { type Content, type Html, html, idOf } from './html.ts';
import type { Section } from './page.ts';
import { formatSideBySide } from './side-by-side.ts';
import { withinLimit } from './within-limit.ts';

/** The section with all of a comparison; the first texts are open. */
export function differencesSection(comparison: Comparison): Section {
  const { title, points } = summarize(comparison);
  const { steps, files, packages, drivers, texts } = comparison;
  const content = html`<p>From <code>${comparison.old}</code> to <code>${comparison.new}</code>.</p>
<p class="verdict">${title}</p>
<ul class="points">${points.map(formatPoint)}</ul>
${part(steps, 'Steps of the boot', html`<dl>${steps.map(formatStepChange)}</dl>`)}
${part(drivers, 'Drivers', html`<ul>${drivers.map(formatDriver)}</ul>`)}
${part(packages, 'Packages', html`<ul>${packages.map(formatPackage)}</ul>`)}
${part(files, `Files (${files.length})`, filesTable(files))}
${part(texts, 'Text, side by side', formatTextChanges(texts))}`;
  return { id: 'differences', title: 'What is different', content };
}

function part(items: readonly unknown[], title: string, content: Html): Content {
  return items.length > 0 && html`<h3>${title}</h3>\n${content}\n`;
}

function formatPoint({ warns, parts }: Point): Html {
  const words = parts.map((word) => (typeof word === 'string' ? word : html`<code>${word.name}</code>`));
  return html`<li${warns && html` class="warns"`}>${warns && html`<strong>look: </strong>`}${words}</li>\n`;
}

function formatStepChange({ step, change, gone, come }: StepChange): Html {
  return html`<dt>${step} <small>${change}</small></dt>
${gone.map((line) => html`<dd class="removed"><span class="sr">removed: </span>${line}</dd>`)}${come.map((line) => html`<dd class="added"><span class="sr">added: </span>${line}</dd>`)}
`;
}

function formatDriver({ module, change, devices }: DriverChange): Html {
  return html`<li class="${change === 'lost' ? 'removed' : 'added'}"><strong>${change}</strong>: <code>${module}</code>
<details><summary>${devices.length} kinds of devices</summary><code>${devices.join(' ')}</code></details></li>
`;
}

function formatPackage({ name, change, old, new: fresh }: PackageChange): Html {
  return html`<li><strong>${change}</strong>: <code>${name}</code> ${[old, fresh].filter((version) => version !== undefined).join(' → ')}</li>
`;
}

function filesTable(files: readonly FileChange[]): Html {
  return html`${filterOf('changed-files', 'Find a file')}
<div class="scroll" tabindex="0" role="group" aria-label="Changed files"><table class="files">
<caption>Files that came, went or changed</caption>
<thead><tr><th scope="col">path</th><th scope="col">part</th><th scope="col">change</th><th scope="col" class="number">before</th><th scope="col" class="number">now</th></tr></thead>
<tbody id="changed-files">
${files.map(
  ({ path, part: of, change, oldSize, newSize, attributes }) =>
    html`<tr class="${change}" data-name="${path}"><th scope="row">${path}</th><td>${of}</td><td>${[change, ...attributes].join(', ')}</td><td class="number">${change !== 'added' && formatBytes(oldSize)}</td><td class="number">${change !== 'removed' && formatBytes(newSize)}</td></tr>
`,
)}</tbody></table></div>`;
}

/** Characters of patches that a page has at most: side by side they take ten times as many. */
const mostPatches = 1_000_000;

function formatTextChanges(texts: readonly TextChange[]): Html {
  const { shown, others } = withinLimit(texts, ({ patch }) => patch.length, mostPatches);
  return html`${shown.map(formatTextChange)}${
    others > 0 &&
    html`<p>${others} more changed texts are left out: the page would be too large. diff has them all.</p>`
  }`;
}

function formatTextChange(change: TextChange, index: number): Html {
  const { path, addedLines, removedLines } = change;
  return html`<details${index < mostOpen && html` open`} id="${idOf('difference', path)}"><summary>${path} <small>+${addedLines} -${removedLines}</small></summary>
<div class="scroll" tabindex="0" role="group" aria-label="${path}, side by side">${formatSideBySide(change)}</div></details>
`;
}

/** How many texts are open when the page opens. */
const mostOpen = 10;
