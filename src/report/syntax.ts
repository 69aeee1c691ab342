/** Syntax colours of rendered text, by highlight.js: shell, units and other INI, JSON. */
import type { HLJSApi, Language } from 'highlight.js';
import hljs from 'highlight.js/lib/core';
import bash from 'highlight.js/lib/languages/bash';
import ini from 'highlight.js/lib/languages/ini';
import json from 'highlight.js/lib/languages/json';
import { Html, html } from './html.ts';

hljs.registerLanguage('bash', bash);
hljs.registerLanguage('ini', units);
hljs.registerLanguage('json', json);

/** INI without booleans: highlight.js would colour the `on` of `oneshot` as one. */
function units(engine: HLJSApi): Language {
  const language = ini(engine);
  for (const mode of language.contains) {
    const starts = typeof mode === 'object' && mode.starts;
    if (!starts) continue;
    starts.contains = (starts.contains ?? []).filter(
      (part) => part === 'self' || part.className !== 'literal',
    );
  }
  return language;
}

/** Bytes from which on a text is shown without colours: reading it takes longer than anybody waits. */
const longest = 200_000;

const byName: readonly (readonly [RegExp, string])[] = [
  [/\.json$/, 'json'],
  [
    /\.(service|socket|mount|target|path|slice|timer|conf|ini|network|link)$|(^|\/)(os|initrd)-release$/,
    'ini',
  ],
  [/\.sh$|(^|\/)init$/, 'bash'],
];

function languageOf(path: string, text: string): string | undefined {
  if (/^#!.*\b(ba|da|bus)?sh\b/.test(text) || /^#!.*busybox/.test(text)) return 'bash';
  return byName.find(([pattern]) => pattern.test(path))?.[1];
}

/** The text as HTML with spans of highlight.js' classes. */
export function highlight(path: string, text: string): Html {
  const language = text.length > longest ? undefined : languageOf(path, text);
  return language === undefined ? html`${text}` : new Html(hljs.highlight(text, { language }).value);
}
