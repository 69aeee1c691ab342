/** HTML as a tagged template: every value is escaped unless it is HTML already. */
import { escapeXml } from '../text/xml.ts';

export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type Content = Html | string | number | undefined | false | readonly Content[];

/** html`<p>${text}</p>`: text is escaped, HTML and lists of it are put in, nothing stands for undefined and false. */
export function html(words: TemplateStringsArray, ...values: readonly Content[]): Html {
  return new Html(words.map((word, index) => word + textOf(values[index])).join(''));
}

function textOf(value: Content): string {
  if (value === undefined || value === false) return '';
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(textOf).join('');
  return escapeXml(String(value));
}

/** An id for a name: unique as long as names differ, and without characters that a link would need escaped. */
export function idOf(prefix: string, name: string): string {
  const plain = name.replaceAll(
    /[^A-Za-z0-9-]/g,
    (character) => `_${character.codePointAt(0)?.toString(16)}_`,
  );
  return `${prefix}-${plain}`;
}
