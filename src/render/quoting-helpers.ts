/** The only ways in which a template can print a value: each quotes for the language that it goes into. */
import {
  checkAccountField,
  checkIdentifier,
  checkNumber,
  checkPath,
  checkUnitName,
  checkUnitSetting,
  quoteComment,
  quoteShell,
  quoteUnit,
} from '../text/quote.ts';

/** A template that would print a value unquoted, or uses what is not allowed. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

export const quotingHelpers: Readonly<Record<string, (value: unknown) => string>> = {
  sh: (value) => quoteShell(asText(value)),
  words: (values) => asList(values).map(quoteShell).join(' '),
  /** Tags such as LABEL as alternatives of a `case`: LABEL=* | UUID=* */
  tagPatterns: (tags) =>
    asList(tags)
      .map((tag) => `${checkIdentifier(tag)}=*`)
      .join(' | '),
  /** Alternatives of a `case`, each a word; at its end * stands for any text, and = for any value. */
  patterns: (patterns) => wrapAlternatives(asList(patterns).map(quoteAlternative)),
  comment: (value) => quoteComment(Array.isArray(value) ? value.join(', ') : asText(value)),
  identifier: (value) => checkIdentifier(asText(value)),
  /** A number, which no language treats specially. */
  number: (value) => checkNumber(asText(value)),
  /** An absolute path without a character that any language treats specially. */
  path: (value) => checkPath(asText(value)),
  accountField: (value) => checkAccountField(asText(value)),
  unit: (value) => quoteUnit(asText(value)),
  /** What a user wrote for a unit, specifiers and all. */
  unitSetting: (value) => checkUnitSetting(asText(value)),
  /** Names of environment variables. */
  variables: (names) => asList(names).map(checkIdentifier).join(' '),
  unitNames: (values) => asList(values).map(checkUnitName).join(' '),
};

/** What a template may use besides. */
export const blockHelpers = ['if', 'unless', 'each'];

function asText(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw new TemplateError(
    `a template prints ${value === undefined ? 'a value that is not there' : typeof value}`,
  );
}

function asList(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.map(asText);
  throw new TemplateError('a template prints a list that is not there');
}

function quoteAlternative(pattern: string): string {
  if (pattern.endsWith('*')) return `${quoteShell(pattern.slice(0, -1))}*`;
  return pattern.endsWith('=') ? `${quoteShell(pattern.slice(0, -1))}=*` : quoteShell(pattern);
}

/** Columns of a line of alternatives, without its indentation. */
const alternativesWidth = 90;

/** Alternatives with | between them, in lines that a person reads. */
function wrapAlternatives(alternatives: readonly string[]): string {
  const lines: string[] = [];
  for (const alternative of alternatives) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + alternative.length < alternativesWidth)
      lines[lines.length - 1] = `${last} | ${alternative}`;
    else lines.push(alternative);
  }
  return lines.join(' | \\\n        ');
}

/** As much of a Handlebars engine as quoting needs. */
interface Engine {
  registerHelper(name: string, helper: (value: unknown) => unknown): void;
  readonly SafeString: new (text: string) => unknown;
}

/** Makes the quoting helpers known to an engine. */
export function registerQuoting(engine: Engine): void {
  for (const [name, quote] of Object.entries(quotingHelpers)) {
    engine.registerHelper(name, (value) => new engine.SafeString(quote(value)));
  }
}
