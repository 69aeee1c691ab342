/** Every setting with its value and its origin; what is not set can be left out. */
import { fullHelp } from '../config/setting.ts';
import { findSettingNamed } from '../config/settings.ts';
import type { SettingChange } from '../review/compare-settings.ts';
import type { SideSetting } from '../review/side.ts';
import { type Html, html } from './html.ts';
import type { Section } from './page.ts';

/** The section with all settings; `changes` are those against the other side, where there are two. */
export function settingsSection(
  settings: ReadonlyMap<string, SideSetting>,
  changes: readonly SettingChange[],
): Section {
  const defaults = [...settings.values()].some(({ origin }) => origin === 'default');
  const content = html`${defaults && onlySet}
<table class="settings" id="settings-table">
<caption>Settings, and the file and line that set each</caption>
<thead><tr><th scope="col">setting</th><th scope="col">value</th><th scope="col">set in</th></tr></thead>
<tbody>
${[...settings].map(([name, setting]) =>
  formatRow(
    name,
    setting,
    changes.find((change) => change.setting === name),
  ),
)}</tbody>
</table>`;
  return { id: 'settings', title: 'Settings', content };
}

/** The box that hides what is not set; it is shown only where the script runs. */
const onlySet = html`<p class="filter" hidden><label><input type="checkbox" data-hides="default"> only what is set</label></p>`;

function formatRow(name: string, { values, origin }: SideSetting, change: SettingChange | undefined): Html {
  const row = findSettingNamed(name);
  const help = row && fullHelp(row.setting);
  const classes = [origin === 'default' && 'default', change && 'changed'].filter(Boolean).join(' ');
  return html`<tr class="${classes}"><th scope="row" title="${help}">${name}</th><td>${formatValues(values)}${
    change &&
    html`<br><span class="was">was ${formatValues(change.old.values)}${change.direction && `, is ${change.direction}`}</span>`
  }</td><td>${origin ?? 'not known of a build'}</td></tr>
`;
}

function formatValues(values: readonly string[]): Html {
  if (values.length === 0) return html`<em>nothing</em>`;
  return html`${values.map((value, index) => html`${index > 0 && ' '}<code>${value}</code>`)}`;
}
