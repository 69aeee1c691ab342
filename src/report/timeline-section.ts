/** The timeline of a boot that was measured: a table whose last column is the picture. */
import { type Milestone, startOf } from '../boot/timeline.ts';
import type { MeasuredBoot } from '../json/timeline.ts';
import { type Html, html } from './html.ts';
import type { Section } from './page.ts';

/** One row a milestone; seconds since the kernel started. */
export function timelineSection({ milestones, verdict }: MeasuredBoot): Section {
  const start = startOf(milestones);
  const span = (milestones.at(-1)?.uptime ?? 0) - start || 1;
  const content = html`${verdict && html`<p><strong>${verdict.ok ? 'OK' : 'FAILED'}</strong>: ${verdict.summary}</p>`}
<table class="timeline">
<caption>Seconds since the kernel started (before that they are negative), and until the next line begins</caption>
<thead><tr><th scope="col">stage</th><th scope="col">step</th><th scope="col" class="number">begins</th><th scope="col" class="number">until next</th><td class="bars"></td></tr></thead>
<tbody>
${milestones.map((milestone, index) => formatRow(milestone, milestones[index + 1], { start, span }))}</tbody>
</table>`;
  return { id: 'timeline', title: 'A measured boot', content };
}

function formatRow(
  { name, uptime, stage }: Milestone,
  next: Milestone | undefined,
  { start, span }: { readonly start: number; readonly span: number },
): Html {
  const takes = (next?.uptime ?? uptime) - uptime;
  const [left, width] = [((uptime - start) / span) * 100, (takes / span) * 100];
  return html`<tr class="${stage.replaceAll(' ', '-')}"><td>${stage}</td><th scope="row">${name}</th><td class="number">${uptime.toFixed(2)}</td><td class="number">${next && takes.toFixed(2)}</td><td class="bars" aria-hidden="true"><i style="left:min(${left.toFixed(2)}%, 100% - 2px);width:${width.toFixed(2)}%"></i></td></tr>
`;
}
