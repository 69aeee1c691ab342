/** The timeline of a boot as a picture: one bar a milestone, from when it begins to when the next one does. */
import { type Milestone, startOf } from '../boot/timeline.ts';
import { escapeXml } from '../text/xml.ts';

const width = 760;
const rowHeight = 22;
const labelWidth = 250;
const head = 34;

const colors: Readonly<Record<Milestone['stage'], string>> = {
  firmware: '#7c3aed',
  kernel: '#6b7280',
  'stage 1': '#2563eb',
  'stage 2': '#15803d',
  system: '#b45309',
};

/** SVG for a browser or a document, readable on light and dark ground; it begins with the machine where its firmware was seen, else with the kernel. */
export function drawTimeline(milestones: readonly Milestone[], title: string): string {
  const [start, end] = [startOf(milestones), milestones.at(-1)?.uptime ?? 0];
  const scale = (seconds: number) =>
    labelWidth + (end === start ? 0 : ((seconds - start) / (end - start)) * (width - labelWidth - 70));
  const height = head + milestones.length * rowHeight + 12;
  const rows = milestones.flatMap((milestone, index) =>
    drawRow(milestone, milestones[index + 1], index, scale),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" font-family="sans-serif" font-size="12">`,
    `<title>${escapeXml(title)}</title>`,
    '<style>text { fill: #111827 } .ground { fill: #ffffff } @media (prefers-color-scheme: dark) { text { fill: #e5e7eb } .ground { fill: #0d1117 } }</style>',
    '<rect class="ground" width="100%" height="100%"/>',
    `<text x="8" y="20" font-size="14" font-weight="bold">${escapeXml(title)}</text>`,
    ...rows,
    '</svg>',
    '',
  ].join('\n');
}

function drawRow(
  { name, uptime, stage }: Milestone,
  next: Milestone | undefined,
  index: number,
  scale: (seconds: number) => number,
): readonly string[] {
  const y = head + index * rowHeight;
  const left = scale(uptime);
  const bar = Math.max(2, scale(next?.uptime ?? uptime) - left);
  const takes = next ? `${(next.uptime - uptime).toFixed(2)} s` : `at ${uptime.toFixed(2)} s`;
  return [
    `<text x="8" y="${y + 14}">${escapeXml(name)}</text>`,
    `<text x="${labelWidth - 12}" y="${y + 14}" text-anchor="end" opacity="0.7">${escapeXml(stage)}</text>`,
    `<rect x="${left.toFixed(1)}" y="${y + 3}" width="${bar.toFixed(1)}" height="${rowHeight - 7}" rx="2" fill="${colors[stage]}"/>`,
    `<text x="${(left + bar + 6).toFixed(1)}" y="${y + 14}" font-size="11">${takes}</text>`,
  ];
}
