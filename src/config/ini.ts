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

/** A section, where it begins. */
export interface SectionHeader {
  readonly name: string;
  readonly origin: Origin;
}

export interface ParsedIni {
  readonly assignments: readonly Assignment[];
  readonly sections: readonly SectionHeader[];
  readonly findings: readonly Finding[];
}

type Line =
  | { readonly kind: 'blank' }
  | { readonly kind: 'section'; readonly name: string }
  | { readonly kind: 'assignment'; readonly key: string; readonly raw: string }
  | { readonly kind: 'malformed' | 'malformed-section'; readonly message: string; readonly hint?: string };

/** Parses the text of one platform file. `file` is only used in origins. */
export function parseIni(source: string, file: string): ParsedIni {
  const assignments: Assignment[] = [];
  const sections: SectionHeader[] = [];
  const findings: Finding[] = [];
  const opened = new Map<string, number>();
  // undefined: none yet. null: below a header that cannot be read; nothing is said of the keys there.
  let section: string | null | undefined;

  let last: string | undefined;
  for (const { text, number, runsOn } of wholeLines(source)) {
    const origin = { file, line: number };
    if (runsOn !== undefined) findings.push(runningOn(runsOn, origin));
    const line = readLine(text, last);
    last = line.kind === 'assignment' ? line.key : line.kind === 'section' ? undefined : last;
    switch (line.kind) {
      case 'blank':
        break;
      case 'section':
        section = line.name;
        sections.push({ name: section, origin });
        if (opened.has(section)) findings.push(duplicateSection(section, opened.get(section) ?? 0, origin));
        else opened.set(section, origin.line);
        break;
      case 'assignment':
        if (section === undefined) findings.push(keyBeforeSection(line.key, origin));
        else if (section !== null) {
          const { assignment, problem } = readAssignment(section, line.key, line.raw, origin);
          if (assignment) assignments.push(assignment);
          else if (problem) findings.push(problem);
        }
        break;
      default:
        if (line.kind === 'malformed-section') section = null;
        findings.push(finding('syntax', line.message, { origin, hint: line.hint }));
    }
  }
  return { assignments, sections, findings };
}

function readAssignment(
  section: string,
  key: string,
  raw: string,
  origin: Origin,
): { readonly assignment?: Assignment; readonly problem?: Finding } {
  const problem = valueProblem(raw, `${section}.${key}`, origin);
  return problem ? { problem } : { assignment: { section, key, value: decodeValue(raw), origin } };
}

interface WholeLine {
  readonly text: string;
  readonly number: number;
  /** The number of a line before, which a backslash at its end would have joined with this one. */
  readonly runsOn: number | undefined;
}

const startsSetting = /^\s*(\[|[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*\s*=)/;

/**
 * The lines of a file, those joined that a backslash at the end of one joins; comments between them are skipped:
 * systemd.syntax(7). What begins a setting or a section is never joined.
 */
function wholeLines(source: string): readonly WholeLine[] {
  const lines: WholeLine[] = [];
  let open: { readonly text: string; readonly number: number } | undefined;
  for (const [index, text] of source
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    if (open && isComment(text)) continue;
    const runsOn = open && startsSetting.test(text) ? open.number : undefined;
    if (open && runsOn !== undefined) lines.push({ ...open, runsOn: undefined });
    const before = runsOn === undefined ? open : undefined;
    const joined = before ? `${before.text} ${text.trim()}` : text;
    const number = before?.number ?? index + 1;
    const goesOn = !isComment(joined) && /(?<!\\)(\\\\)*\\$/.test(joined.trimEnd());
    open = goesOn ? { text: joined.trimEnd().slice(0, -1).trimEnd(), number } : undefined;
    if (!open || runsOn !== undefined) lines.push({ text: open ? '' : joined, number, runsOn });
  }
  return open ? [...lines, { ...open, runsOn: undefined }] : lines;
}

function isComment(text: string): boolean {
  return /^\s*[#;]/.test(text);
}

function runningOn(line: number, origin: Origin): Finding {
  const hint = `take the \\ away at the end of line ${line}`;
  return finding('syntax', `line ${line} ends with \\ and goes on here, where something else begins`, {
    origin,
    hint,
  });
}

/** `last` is the key of the assignment before. */
function readLine(text: string, last: string | undefined): Line {
  const trimmed = text.trim();
  if (trimmed === '' || isComment(trimmed)) return { kind: 'blank' };
  if (trimmed.startsWith('[')) return readSection(trimmed);
  const match = /^([^=]*?)\s*=(.*)$/su.exec(trimmed);
  if (!match) {
    const message = 'a line must be [Section], Key=value or a comment';
    return { kind: 'malformed', message, hint: assignmentHint(text, last) };
  }
  const [, key = '', raw = ''] = match;
  if (/^[A-Za-z][A-Za-z0-9]*$/.test(key)) return { kind: 'assignment', key, raw: raw.trim() };
  const message = `"${printable(key)}" is not the name of a setting: letters and digits only`;
  // As other dialects append to a list.
  const appends = /^([A-Za-z][A-Za-z0-9]*)\s*(\+|\[\])$/.exec(key)?.[1];
  if (appends === undefined) return { kind: 'malformed', message };
  const hint = `${appends}=${printable(raw.trim())}: a key that is repeated appends to a list`;
  return { kind: 'malformed', message, hint };
}

/** What a line without = may have been meant as: a value of the list before, or a setting. */
function assignmentHint(text: string, last: string | undefined): string {
  const shown = printable(text.trim());
  if (last !== undefined && /^\s/.test(text))
    return `repeat the key for each value of a list: ${last}=${shown}`;
  const [, key, value] = /^([A-Za-z][A-Za-z0-9]*)\s*:\s*(.*)$/.exec(shown) ?? [];
  return key === undefined ? `${shown}=` : `${key}=${value}`;
}

function readSection(trimmed: string): Line {
  const name = /^\[([A-Za-z][A-Za-z0-9]*)\]$/.exec(trimmed)?.[1];
  if (name !== undefined) return { kind: 'section', name };
  if (!trimmed.includes(']')) {
    const message = 'a section header must end with "]"';
    return { kind: 'malformed-section', message, hint: `${printable(trimmed)}]` };
  }
  const message = 'a section header must be [Name], of letters and digits, alone on its line';
  return { kind: 'malformed-section', message };
}

function keyBeforeSection(key: string, origin: Origin): Finding {
  return finding('key-before-section', `${key}= must stand below a [Section]`, { origin });
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
  if (raw.startsWith('"') && isQuoted(raw) && value === raw) return badQuotes(raw, setting, origin);
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

/** `ini` would keep the quotes. */
function badQuotes(raw: string, setting: string, origin: Origin): Finding {
  const message = 'inside double quotes a " or \\ of the value must have a \\ before it';
  const hint = raw.includes("'") ? JSON.stringify(raw.slice(1, -1)) : `'${raw.slice(1, -1)}'`;
  return finding('syntax', message, { setting, origin, hint: printable(hint) });
}

/** `ini` turns quoted JSON ('12', "true") into numbers and objects; every value here is text. */
function decodeValue(raw: string): string {
  const value: unknown = unsafe(raw);
  return typeof value === 'string' ? value : raw.slice(1, -1);
}

function printable(value: string): string {
  return value.replace(/\p{Cc}/gu, '?').slice(0, 60);
}
