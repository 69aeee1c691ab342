/** What the initrd is made of: a treemap, and the same as a table. */
import { hierarchy, treemap, treemapSquarify } from 'd3-hierarchy';
import type { InitrdFile } from '../initrd/files.ts';
import type { ImageSize } from '../review/side.ts';
import { formatBytes } from '../text/bytes.ts';
import { filterOf } from './filter.ts';
import { type Html, html } from './html.ts';
import type { Section } from './page.ts';

/** A file, or a part with its files. */
interface Node {
  readonly name: string;
  readonly size: number;
  readonly children?: readonly Node[];
}

interface Tile {
  readonly node: Node;
  readonly part: string;
  readonly depth: number;
  /** The place in the map, in percent of its width and height. */
  readonly box: {
    readonly left: number;
    readonly top: number;
    readonly width: number;
    readonly height: number;
  };
}

/** Shares of the map below which a file is drawn with the others that are as small. */
const smallest = 0.0004;

/** `files` are those of the initrd; `boot` is its size as an image, in bytes, where that is known. */
export function sizeMapSection(files: readonly InitrdFile[], boot: ImageSize | undefined): Section {
  const regular = files.filter(({ type }) => type === 'file');
  const parts = partsOf(regular);
  const total = parts.reduce((sum, { size }) => sum + size, 0);
  const image = boot && html`The image has <strong>${formatBytes(boot.size)}</strong>${budgetOf(boot)}. `;
  const content = html`<p>${image}Unpacked, its ${regular.length} files have ${formatBytes(total)}; the map shows these.</p>
<div class="map" role="img" aria-label="Sizes of the files by part; the table below has the same">
${tilesOf(parts, total).map(formatTile)}</div>
<table class="parts">
<caption>Size by part, before compression</caption>
<thead><tr><th scope="col">part</th><th scope="col" class="number">files</th><th scope="col" class="number">size</th><th scope="col" class="number">share</th></tr></thead>
<tbody>
${parts.map(
  ({
    name,
    size,
    children = [],
  }) => html`<tr><th scope="row"><i class="swatch part-${name}"></i>${name}</th><td class="number">${children.length}</td><td class="number">${formatBytes(size)}</td><td class="number">${percent(size, total)}</td></tr>
`,
)}</tbody></table>
<details><summary>All ${files.length} entries</summary>
${filterOf('files-list', 'Find a file')}
<div class="scroll" tabindex="0" role="group" aria-label="All entries"><table class="files">
<caption>Entries of the initrd, the largest first</caption>
<thead><tr><th scope="col">path</th><th scope="col">part</th><th scope="col">mode</th><th scope="col" class="number">size</th></tr></thead>
<tbody id="files-list">
${[...files]
  .sort((left, right) => right.size - left.size)
  .map(
    ({
      path,
      part,
      mode,
      size,
    }) => html`<tr data-name="${path}"><th scope="row">${path}</th><td>${part}</td><td>${mode}</td><td class="number">${formatBytes(size)}</td></tr>
`,
  )}</tbody></table></div></details>`;
  return { id: 'sizes', title: 'What the initrd is made of', content };
}

function budgetOf({ size, budget }: ImageSize): string {
  return budget === 0 ? '' : `, ${percent(size, budget)} of its budget of ${formatBytes(budget)}`;
}

function percent(size: number, total: number): string {
  return `${total === 0 ? 0 : Math.round((size / total) * 100)} %`;
}

/** The parts with their files, the largest first. */
function partsOf(files: readonly InitrdFile[]): readonly Node[] {
  const parts = new Map<string, InitrdFile[]>();
  for (const file of files) {
    const members = parts.get(file.part);
    if (members) members.push(file);
    else parts.set(file.part, [file]);
  }
  return [...parts]
    .map(([name, members]) => ({
      name,
      size: members.reduce((sum, { size }) => sum + size, 0),
      children: members.map(({ path, size }) => ({ name: path, size })),
    }))
    .sort((left, right) => right.size - left.size);
}

/** d3's treemap of all files that are large enough to be seen, by part. */
function tilesOf(parts: readonly Node[], total: number): readonly Tile[] {
  const root = hierarchy<Node>({ name: '', size: 0, children: parts.map((part) => seen(part, total)) })
    .sum(({ size, children }) => (children ? 0 : size))
    .sort((left, right) => (right.value ?? 0) - (left.value ?? 0));
  const drawn = treemap<Node>().tile(treemapSquarify).size([100, 100])(root);
  return drawn
    .descendants()
    .filter(({ depth, value }) => depth > 0 && (value ?? 0) > 0)
    .map(({ data, depth, parent, value, x0, x1, y0, y1 }) => ({
      node: { ...data, size: value ?? 0 },
      part: depth === 1 ? data.name : (parent?.data.name ?? ''),
      depth,
      box: { left: x0, top: y0, width: x1 - x0, height: y1 - y0 },
    }));
}

/** A part of which all small files are shown as one. */
function seen({ name, size, children = [] }: Node, total: number): Node {
  const small = children.filter((child) => child.size < total * smallest);
  const large = children.filter((child) => child.size >= total * smallest);
  const rest = {
    name: `${small.length} small files`,
    size: small.reduce((sum, child) => sum + child.size, 0),
  };
  return { name, size, children: small.length > 0 ? [...large, rest] : large };
}

function formatTile({ node, part, depth, box }: Tile): Html {
  const style = Object.entries(box)
    .map(([name, value]) => `${name}:${value.toFixed(3)}%`)
    .join(';');
  const label = depth === 1 ? node.name : (node.name.split('/').at(-1) ?? '');
  return html`<div class="${depth === 1 ? 'part' : 'tile'} part-${part}" style="${style}" title="${node.name}: ${formatBytes(node.size)}"><span>${label}</span></div>
`;
}
