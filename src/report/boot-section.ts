/** The boot as a picture, and each of its steps in words behind it. */
import type { BootPlan, Step } from '../plan/boot-plan.ts';
import { describeNeeds } from '../plan/explain.ts';
import { reasons } from '../plan/reasons.ts';
import { type BootGraph, graphOfBoot } from '../review/boot-graph.ts';
import { drawSvg } from '../review/draw-graph.ts';
import { Html, html, idOf } from './html.ts';
import type { Section } from './page.ts';

/** The picture, with links, and behind it each step with its values, needs and reasons. */
export async function bootSection(plan: BootPlan): Promise<Section> {
  const graph = graphOfBoot(plan);
  const content = html`<figure>
<div class="scroll" tabindex="0" role="group" aria-label="The boot as a picture; its steps are in words below">
${await drawForPage(graph, plan)}
</div>
<figcaption>${legend} A step leads to its words.</figcaption>
</figure>
<p>A step that fails writes its reason to the console, to the kernel's log and to pstore; then, after
${plan.emergency.delay.value} s: <strong>${plan.emergency.action.value}</strong>.</p>
<ol class="steps">
${plan.steps.map(formatStep)}</ol>`;
  return { id: 'boot', title: 'The boot', content };
}

const legend = html`<span class="key"><i class="key-step"></i>step</span>
<span class="key"><i class="key-fact"></i>device or mount</span>
<span class="key"><i class="key-stage"></i>another stage</span>
<span class="key"><i class="key-end"></i>end of a boot that fails</span>`;

/** Graphviz' picture with links to the steps, without what only a file of its own needs. */
async function drawForPage(graph: BootGraph, plan: BootPlan): Promise<Html> {
  const names = new Set<string>(plan.steps.map(({ name }) => name));
  const linked: BootGraph = {
    ...graph,
    title: '',
    nodes: graph.nodes.map((node) =>
      names.has(node.id) ? { ...node, link: `#${idOf('step', node.id)}` } : node,
    ),
  };
  const svg = await drawSvg(linked);
  return new Html(svg.slice(svg.indexOf('<svg')));
}

function formatStep({ name, explanation, needs, provides, variables, reasons: names }: Step): Html {
  return html`<li id="${idOf('step', name)}"><h3>${name}</h3>
<p>${explanation.join(' ')}</p>
<details><summary>Values, needs, and why it may stop</summary>
<dl>
${variables.length > 0 && html`<dt>values</dt>${variables.map(({ variable, value, setting, where }) => html`<dd><code>${variable}=${value}</code> (${setting}, ${where})</dd>`)}`}
<dt>needs</dt><dd>${describeNeeds(needs).join(', ') || 'nothing'}</dd>
<dt>gives</dt><dd>${provides.join(', ') || 'nothing'}</dd>
${names.length > 0 && html`<dt>stops if</dt>${names.map((reason) => html`<dd>${reasons[reason].when} (<code>${reason}</code>)</dd>`)}`}
</dl></details></li>
`;
}
