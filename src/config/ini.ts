/**
 * INI text -> assignments with positions. The `ini` package decodes the values (quotes, escapes, comments);
 * it knows no line numbers and forgives too much, so the lines are told apart here.
 */
import { unsafe } from 'ini';
import { type Finding, finding, type Origin } from '../findings.ts';

export interface Assignment {
  readonly section: string;
  readonly key: string;
  readonly value: string;
  readonly origin: Origin;
}

export interface ParsedIni {
  readonly assignments: readonly Assignment[];
  readonly findings: readonly Finding[];
}

type Line =
  | { readonly kind: 'blank' }
  | { readonly kind: 'section'; readonly name: string }
  | { readonly kind: 'assignment'; readonly key: string; readonly raw: string }
  | { readonly kind: 'malformed'; readonly message: string; readonly hint?: string };

/** Parses the text of one platform file. `file` is only used in origins. */
export function parseIni(source: string, file: string): ParsedIni {
  const assignments: Assignment[] = [];
  const findings: Finding[] = [];
  const opened = new Map<string, number>();
  let section: string | undefined;

  source
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .forEach((text, index) => {
      const origin = { file, line: index + 1 };
      const line = readLine(text);
      if (line.kind === 'malformed') {
        findings.push(finding('syntax', line.message, { origin, hint: line.hint }));
      } else if (line.kind === 'section') {
        section = line.name;
        const first = opened.get(section);
        if (first === undefined) opened.set(section, index + 1);
        else findings.push(duplicateSection(section, first, origin));
      } else if (line.kind === 'assignment' && section === undefined) {
        findings.push(finding('key-before-section', `${line.key}= must stand below a [Section]`, { origin }));
      } else if (line.kind === 'assignment' && section !== undefined) {
        const setting = `${section}.${line.key}`;
        const problem = valueProblem(line.raw, setting, origin);
        if (problem) findings.push(problem);
        else assignments.push({ section, key: line.key, value: decodeValue(line.raw), origin });
      }
    });
  return { assignments, findings };
}

function readLine(text: string): Line {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.startsWith('#') || trimmed.startsWith(';')) return { kind: 'blank' };
  if (trimmed.startsWith('[')) return readSection(trimmed);
  const assignment = /^([^=]*?)\s*=(.*)$/su.exec(trimmed);
  if (!assignment) {
    return {
      kind: 'malformed',
      message: 'a line must be [Section], Key=value or a comment',
      hint: `${trimmed.slice(0, 60)}=`,
    };
  }
  const [, key = '', raw = ''] = assignment;
  if (/^[A-Za-z][A-Za-z0-9]*$/.test(key)) return { kind: 'assignment', key, raw: raw.trim() };
  return {
    kind: 'malformed',
    message: `"${printable(key)}" is not the name of a setting: letters and digits only`,
  };
}

function readSection(trimmed: string): Line {
  const name = /^\[([A-Za-z][A-Za-z0-9]*)\]$/.exec(trimmed)?.[1];
  if (name !== undefined) return { kind: 'section', name };
  if (!trimmed.includes(']')) {
    return {
      kind: 'malformed',
      message: 'a section header must end with "]"',
      hint: `${printable(trimmed)}]`,
    };
  }
  return {
    kind: 'malformed',
    message: 'a section header must be [Name], of letters and digits, alone on its line',
  };
}

function duplicateSection(section: string, first: number, origin: Origin): Finding {
  const hint = `move these lines below line ${first}`;
  return finding('duplicate-section', `[${section}] must be opened once in a file; line ${first} did`, {
    origin,
    hint,
  });
}

function isQuoted(raw: string): boolean {
  return raw.length > 1 && (/^".*"$/su.test(raw) || /^'.*'$/su.test(raw));
}

/** `ini` would cut an unquoted value at the first ; or #, even inside a word: an error here, not a silent loss. */
function valueProblem(raw: string, setting: string, origin: Origin): Finding | undefined {
  if (!isQuoted(raw) && /[^\s\\][;#]/.test(raw)) {
    const hint = `put the value in double quotes, or a space before the comment`;
    return finding('syntax', 'an unquoted value must not contain ; or #', { setting, origin, hint });
  }
  const value = decodeValue(raw);
  const control = /[\p{Cc}\u2028\u2029]/u.exec(value);
  if (!control) return undefined;
  const code = (control[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return finding(
    'value-control-character',
    `the value must not contain control characters; it has U+${code}`,
    {
      setting,
      origin,
    },
  );
}

/** `ini` turns quoted JSON ('12', "true") into numbers and objects; every value here is text. */
function decodeValue(raw: string): string {
  const value: unknown = unsafe(raw);
  return typeof value === 'string' ? value : raw.slice(1, -1);
}

function printable(value: string): string {
  return value.replace(/\p{Cc}/gu, '?').slice(0, 60);
}
