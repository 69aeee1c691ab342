/** What the type of a setting's value is, and the types that other types are made of. */
import { didYouMean } from '../../text/suggestions.ts';

export type Parsed<T> = { readonly value: T } | { readonly required: string; readonly hint?: string };

export interface ValueType<T> {
  /** The type's name in docs/settings.md. */
  readonly name: string;
  /** Reads one value. `required` of the answer completes the sentence "the value must be ...". */
  parse(text: string): Parsed<T>;
  /** All values, where they can be listed (documentation, completion). */
  readonly choices?: readonly string[];
  /** The text of a value that is no plain text or number. */
  format?(value: T): string;
  /** The values in one assignment of a list; one where the type does not say. */
  split?(text: string): readonly string[];
}

/** The values of a type for a reader, in brackets: all of them, or what they are where words are only some; empty where nothing can be listed. */
export function shownChoices({ name, choices }: Pick<ValueType<unknown>, 'name' | 'choices'>): string {
  if (!choices) return '';
  return name.includes(' or ') ? ` (${name})` : ` (${choices.join(', ')})`;
}

/** Values that have no blanks in them stand side by side in a list, as in lists of systemd. */
export function words(text: string): readonly string[] {
  return text.split(/\s+/);
}

/** Booleans as systemd.syntax(7) has them. */
export const boolean: ValueType<boolean> = {
  name: 'boolean',
  choices: ['yes', 'no'],
  parse(text) {
    if (/^(yes|true|on|1|y|t)$/i.test(text)) return { value: true };
    if (/^(no|false|off|0|n|f)$/i.test(text)) return { value: false };
    return { required: 'a boolean: yes, no, true, false, on, off, 1 or 0' };
  },
};

/** One of a fixed set of words. */
export function choice<const T extends string>(...choices: readonly T[]): ValueType<T> {
  return {
    name: choices.join(' | '),
    choices,
    split: words,
    parse(text) {
      const value = choices.find((word) => word === text);
      return value === undefined ? { required: `one of ${choices.join(', ')}` } : { value };
    },
  };
}

/** One or more of a fixed set of words, each once, in an order that counts. */
export function choices<const T extends string>(...known: readonly T[]): ValueType<readonly [T, ...T[]]> {
  return {
    name: `list of ${known.join(' | ')}`,
    choices: known,
    format: (values) => values.join(' '),
    parse(text) {
      const given = words(text);
      const [first, ...rest] = given.flatMap((word) => known.filter((choice) => choice === word));
      const once = new Set(given).size === given.length;
      if (first !== undefined && once && rest.length === given.length - 1) return { value: [first, ...rest] };
      const unknown = given.find((word) => !known.some((choice) => choice === word)) ?? '';
      const hint = text.includes(',') ? 'without commas' : didYouMean(unknown, known);
      const required = `one or more of ${known.join(', ')}, separated by blanks and each once`;
      return hint === undefined ? { required } : { required, hint };
    },
  };
}

/** A whole number, the smallest and the largest included. */
export function integer(minimum: number, maximum: number): ValueType<number> {
  return {
    name: `integer from ${minimum} to ${maximum}`,
    parse(text) {
      const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
      const fits = value >= minimum && value <= maximum;
      return fits ? { value } : { required: `a whole number from ${minimum} to ${maximum}` };
    },
  };
}

/** Free text on one line (control characters are refused for every setting). */
export const text: ValueType<string> = { name: 'text', parse: (value) => ({ value }) };

/** Text that matches a pattern; `required` says in words what the pattern wants. */
export function pattern(name: string, regex: RegExp, required: string): ValueType<string> {
  return { name, parse: (value) => (regex.test(value) ? { value } : { required }) };
}

/** A text that matches a pattern and has no blanks: several may stand in one assignment of a list. */
export function wordPattern(name: string, regex: RegExp, required: string): ValueType<string> {
  return { ...pattern(name, regex, required), split: words };
}
