/** A boot's graph as Mermaid, as DOT, and as SVG by Graphviz. */
import { type BootGraph, type GraphEdge, type GraphNode, type Stage, stages } from './boot-graph.ts';

const mermaidShapes: Readonly<Record<GraphNode['kind'], readonly [string, string]>> = {
  step: ['[', ']'],
  fact: ['([', '])'],
  stage: ['[[', ']]'],
  end: ['{{', '}}'],
};

const mermaidArrows: Readonly<Record<GraphEdge['kind'], string>> = {
  next: '==>',
  gives: '-->',
  uses: '-.->',
  fails: '-. if any step fails .->',
};

/** A flowchart, as GitHub and others draw it in Markdown. */
export function formatMermaid({ nodes, edges }: BootGraph): string {
  const draw = ({ id, label, kind }: GraphNode) => {
    const [left, right] = mermaidShapes[kind];
    return `${id}${left}"${escapeMermaid(label)}"${right}`;
  };
  const within = (wanted: Stage | undefined) => nodes.filter(({ stage }) => stage === wanted).map(draw);
  return [
    'flowchart TB',
    ...within(undefined).map((node) => `  ${node}`),
    ...stages.flatMap((stage) => [
      `  subgraph ${clusterOf(stage)}["${stage}"]`,
      ...within(stage).map((node) => `    ${node}`),
      '  end',
    ]),
    ...edges.map(({ from, to, kind }) => `  ${from} ${mermaidArrows[kind]} ${to}`),
    '',
  ].join('\n');
}

/** A name without blanks, as both languages accept it. */
function clusterOf(stage: Stage): string {
  return stage.replaceAll(' ', '_');
}

/** Mermaid has its own entities, which begin with #; a quote would end the label. */
function escapeMermaid(text: string): string {
  return text
    .replaceAll('#', '#35;')
    .replaceAll('"', '#quot;')
    .replaceAll('<', '#lt;')
    .replaceAll('>', '#gt;');
}

const dotShapes: Readonly<Record<GraphNode['kind'], string>> = {
  step: 'shape=box, style=filled, fillcolor="#dbeafe"',
  fact: 'shape=box, style="rounded,filled", fillcolor="#dcfce7"',
  stage: 'shape=box, style="filled,bold", fillcolor="#f3f4f6"',
  end: 'shape=octagon, style=filled, fillcolor="#fee2e2"',
};

const dotEdges: Readonly<Record<GraphEdge['kind'], string>> = {
  next: 'penwidth=2, weight=10',
  gives: 'color="#15803d"',
  uses: 'color="#15803d", style=dashed',
  fails: 'color="#b91c1c", style=dashed, label=" if any step fails"',
};

/** Graphviz' language (graphviz(7), dot(1)). */
export function formatDot({ title, nodes, edges }: BootGraph): string {
  const node = ({ id, label, kind, link }: GraphNode) =>
    `${quoteDot(id)} [label=${quoteLabel(label)}, class=${kind}, ${dotShapes[kind]}${link === undefined ? '' : `, URL=${quoteDot(link)}`}];`;
  const within = (wanted: Stage | undefined) => nodes.filter(({ stage }) => stage === wanted).map(node);
  return [
    'digraph boot {',
    `  label="${wrap(title).map(escapeDot).join('\\n')}"; labelloc=t; fontname="${font}"; rankdir=TB;`,
    `  node [fontname="${font}", fontsize=11, margin="0.3,0.1"]; edge [fontname="${font}", fontsize=9];`,
    ...within(undefined).map((line) => `  ${line}`),
    ...stages.flatMap((stage) => [
      `  subgraph cluster_${clusterOf(stage)} { label="${stage}"; labeljust=l; style=rounded; color="#6b7280";`,
      ...within(stage).map((line) => `    ${line}`),
      '  }',
    ]),
    ...edges.map(
      ({ from, to, kind }) => `  ${quoteDot(from)} -> ${quoteDot(to)} [class=${kind}, ${dotEdges[kind]}];`,
    ),
    '}',
    '',
  ].join('\n');
}

/** Fonts whose widths Graphviz knows without having them. */
const font = 'Helvetica,Arial,sans-serif';

function quoteDot(text: string): string {
  return `"${escapeDot(text)}"`;
}

/** A node's name, and on the next line what it is on this machine: the screen of a phone is narrow. */
function quoteLabel(label: string): string {
  const end = label.search(/(?<=[:,]) /);
  if (end < 0) return quoteDot(label);
  return `"${escapeDot(label.slice(0, end))}\\n${escapeDot(label.slice(end + 1))}"`;
}

function escapeDot(text: string): string {
  // Graphviz knows HTML's entities in labels.
  return text.replaceAll('&', '&amp;').replaceAll('\\', '\\\\').replaceAll('"', '\\"');
}

/** Lines of about 50 characters. */
function wrap(text: string): readonly string[] {
  return text.match(/\S.{0,50}(?=\s|$)|\S+/g) ?? [];
}

/** The picture, drawn by Graphviz as WebAssembly: no program is needed. */
export async function drawSvg(graph: BootGraph): Promise<string> {
  const { instance } = await import('@viz-js/viz');
  return (await instance()).renderString(formatDot(graph), { format: 'svg' });
}
