/** The page around the sections: one file that needs nothing from the network. */
import { createHash } from 'node:crypto';
import { readReportAsset } from '../package.ts';
import { Html, html } from './html.ts';

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly content: Html;
}

/** A whole HTML document. Its policy lets it load nothing, and run no script but its own. */
export function formatPage(title: string, lead: Html, sections: readonly Section[]): string {
  const script = readReportAsset('report.js');
  const hash = createHash('sha256').update(script).digest('base64');
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  const document = html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="bootrelay">
<title>${title}</title>
<style>${new Html(readReportAsset('report.css'))}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header>
<h1>${title}</h1>
${lead}
<nav aria-label="Sections"><ul>
${sections.map(({ id, title: name }) => html`<li><a href="#${id}">${name}</a></li>\n`)}</ul></nav>
</header>
<main id="content">
${sections.map(formatSection)}</main>
<script>${new Html(script)}</script>
</body>
</html>
`;
  return document.text;
}

function formatSection({ id, title, content }: Section): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${content}
</section>
`;
}
