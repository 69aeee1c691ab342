/** The boot of a platform as Markdown: for a wiki, or the page of a change. */
import type { BootPlan, Step } from '../plan/boot-plan.ts';
import { describeNeeds } from '../plan/explain.ts';
import { reasons } from '../plan/reasons.ts';
import { escapeMarkdown, markdownCode } from '../text/markdown.ts';
import { graphOfBoot } from './boot-graph.ts';
import { formatMermaid } from './draw-graph.ts';

/** The boot as Markdown: a diagram that GitHub draws, and a section for each step. */
export function explainAsMarkdown(plan: BootPlan): string {
  const graph = graphOfBoot(plan);
  return [
    `# The boot of ${escapeMarkdown(graph.title)}`,
    '',
    '```mermaid',
    formatMermaid(graph).trimEnd(),
    '```',
    '',
    ...plan.steps.flatMap((step, index) => stepLines(step, index + 1)),
  ].join('\n');
}

function stepLines({ name, explanation, needs, reasons: names }: Step, number: number): readonly string[] {
  const needed = describeNeeds(needs);
  return [
    `## ${number}. ${name}`,
    '',
    ...explanation.map(escapeMarkdown),
    '',
    ...(needed.length > 0 ? [`Needs ${needed.map(markdownCode).join(', ')}.`, ''] : []),
    ...(names.length > 0 ? ['| stops if | reason |', '| --- | --- |'] : []),
    ...names.map((reason) => `| ${escapeMarkdown(reasons[reason].when)} | \`${reason}\` |`),
    ...(names.length > 0 ? [''] : []),
  ];
}
