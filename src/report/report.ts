/** One or two sides, and a boot that was measured -> one HTML file for a reviewer. */

import { type Finding, formatFinding } from '../findings.ts';
import type { MeasuredBoot } from '../json/timeline.ts';
import type { Comparison } from '../review/compare.ts';
import type { Side } from '../review/side.ts';
import { formatBytes } from '../text/bytes.ts';
import { bootSection } from './boot-section.ts';
import { differencesSection } from './differences-section.ts';
import { type Html, html } from './html.ts';
import { formatPage, type Section } from './page.ts';
import { settingsSection } from './settings-section.ts';
import { sizeMapSection } from './size-map.ts';
import { textsSection } from './texts-section.ts';
import { timelineSection } from './timeline-section.ts';

export interface ReportOptions {
  /** What the page is about; of two sides that are compared, the new one. */
  readonly side: Side;
  /** The differences to the old side, where there are two. */
  readonly comparison: Comparison | undefined;
  readonly measured: MeasuredBoot | undefined;
  readonly findings: readonly Finding[];
}

/** The page as HTML. Sections that there is no data for are left out. */
export async function formatReport(options: ReportOptions): Promise<string> {
  const { side, comparison, measured, findings } = options;
  const { plan, files, settings, texts } = side;
  const sections: readonly (Section | undefined)[] = [
    comparison && differencesSection(comparison),
    findings.length > 0 ? findingsSection(findings) : undefined,
    plan && (await bootSection(plan)),
    measured && timelineSection(measured),
    files && sizeMapSection([...files.values()], side.boot),
    settings && settingsSection(settings, comparison?.settings ?? []),
    texts && textsSection(texts),
  ];
  const name = side.platform ?? side.name;
  const what = plan ? 'how it boots' : 'what is in it';
  const title = comparison ? `${name}: what changes` : `${name}: ${what}`;
  return formatPage(
    title,
    leadOf(side),
    sections.filter((section) => section !== undefined),
  );
}

/** What the page is about, in a line. */
function leadOf({ name, kind, plan, boot, usr }: Side): Html {
  const facts = [
    `${kind} ${name}`,
    plan?.description,
    plan?.architecture,
    plan && (plan.form === 'shell' ? 'stage 1 is a shell script' : 'stage 1 is systemd'),
    boot && `${formatBytes(boot.size)}${kind === 'initrd' ? '' : ' in /boot'}`,
    usr && `${formatBytes(usr.size)} in /usr`,
  ];
  return html`<p class="lead">${facts.filter(Boolean).join(' · ')}</p>`;
}

function findingsSection(findings: readonly Finding[]): Section {
  const rows = findings.map((item) => html`<li class="${item.severity}">${formatFinding(item)}</li>\n`);
  return { id: 'findings', title: 'Findings', content: html`<ul class="findings">${rows}</ul>` };
}
