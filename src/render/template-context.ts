/**
 * Where in the text of its language a template prints a value: a helper that quotes for one place is refused in another, such
 * as {{sh value}} inside double quotes. Looks at the text around the expressions, in every branch.
 */
import { TemplateError } from './quoting-helpers.ts';

type Language = 'shell' | 'unit' | 'udev' | 'accounts';

/** The language of a template, by its name. */
function languageOf(name: string): Language {
  const path = name.replace(/\.hbs$/, '');
  if (/\.(service|mount|target|socket|conf)$|\/drop-in$/.test(path)) return 'unit';
  if (path.endsWith('.rules')) return 'udev';
  return /\/(passwd|group|shadow)$/.test(path) ? 'accounts' : 'shell';
}

/** A place that a value can be printed at. */
type Place = 'text' | 'comment' | 'single quotes' | 'double quotes' | 'arithmetic' | 'here-document';

/** The helpers that a language has, and where each may stand. */
const helpersOf: Readonly<Record<Language, Readonly<Record<string, readonly Place[]>>>> = {
  shell: {
    sh: ['text'],
    words: ['text'],
    tagPatterns: ['text'],
    patterns: ['text'],
    comment: ['comment'],
    path: ['text', 'comment'],
    identifier: ['text', 'comment', 'single quotes', 'double quotes', 'arithmetic'],
    number: ['text', 'comment', 'single quotes', 'double quotes', 'arithmetic'],
  },
  unit: {
    unit: ['text'],
    unitSetting: ['text'],
    unitNames: ['text'],
    variables: ['text'],
    path: ['text'],
    comment: ['comment'],
    identifier: ['text', 'comment'],
    number: ['text', 'comment'],
  },
  udev: { comment: ['comment'], identifier: ['text', 'comment'] },
  accounts: { accountField: ['text'], identifier: ['text'], number: ['text'] },
};

/** How far a text has been read: the quotes and substitutions that are open, innermost last. */
interface Scan {
  readonly open: readonly Open[];
  /** The text before, to the start of its line: a # begins a comment only at the start of a word. */
  readonly before: string;
}

/** `substitution` is the inside of $(...), with the parentheses that are open in it. */
type Open =
  | { readonly in: 'comment' | 'single quotes' | 'double quotes' }
  | { readonly in: 'here-document'; readonly end: string }
  | { readonly in: 'substitution' | 'arithmetic'; readonly parentheses: number };

const start: Scan = { open: [], before: '' };

/** What stands in a line before its end. */
function lineBefore(text: string): string {
  return text.slice(text.lastIndexOf('\n') + 1);
}

/** Throws TemplateError, with the template's name and the line, where a helper stands in a place that it does not quote for. */
export function checkContexts(program: hbs.AST.Program, name: string): void {
  const language = languageOf(name);
  const refuse = (node: hbs.AST.Node, what: string): never => {
    throw new TemplateError(`${name}:${node.loc.start.line}: ${what}`);
  };
  const walk = (body: readonly hbs.AST.Statement[], from: Scan): Scan =>
    body.reduce((scan, node) => {
      if (node.type === 'ContentStatement') {
        const text = (node as hbs.AST.ContentStatement).value;
        return language === 'shell' ? scanShell(text, scan) : scanLines(text, scan);
      }
      if (node.type === 'MustacheStatement') {
        const helper = ((node as hbs.AST.MustacheStatement).path as hbs.AST.PathExpression).original;
        const place = placeOf(scan);
        if (!helpersOf[language][helper]?.includes(place))
          refuse(node, `{{${helper}}} does not quote for ${place} of ${language}`);
        if (language === 'shell' && place === 'text' && /[\\$]$/.test(scan.before))
          refuse(node, `{{${helper}}} must not stand behind ${scan.before.at(-1)}`);
        if (language === 'unit' && helper === 'unit' && /^(Exec|Environment)/.test(scan.before))
          refuse(node, `{{unit}} does not quote for ${scan.before}`);
        return { open: scan.open, before: `${scan.before}x` };
      }
      if (node.type !== 'BlockStatement') return scan;
      const { program: then, inverse } = node as hbs.AST.BlockStatement;
      const ends = [walk(then.body, scan), inverse ? walk(inverse.body, scan) : scan];
      if (JSON.stringify(ends[0]?.open) !== JSON.stringify(ends[1]?.open))
        refuse(node, 'quotes must be closed in the branch that opens them');
      return ends[0] as Scan;
    }, from);
  const end = walk(program.body, start);
  if (end.open.some((open) => open.in !== 'comment'))
    refuse(program, `${end.open.at(-1)?.in} without an end`);
}

function placeOf({ open }: Scan): Place {
  const innermost = open.at(-1)?.in ?? 'text';
  return innermost === 'substitution' ? 'text' : innermost;
}

/** A line that begins with # or ; is a comment: systemd.syntax(7), udev(7). */
function scanLines(text: string, scan: Scan): Scan {
  const line = text.slice(text.lastIndexOf('\n') + 1);
  const begins = text.includes('\n') || scan.before === '';
  const comment = begins ? /^\s*[#;]/.test(line) : placeOf(scan) === 'comment';
  return { open: comment ? [{ in: 'comment' }] : [], before: lineBefore(scan.before + text) };
}

/** Reads shell text as sh(1) does: XCU 2.2 and 2.3 of POSIX, as far as the templates use it. */
function scanShell(text: string, { open: from, before }: Scan): Scan {
  let open = from;
  const push = (entry: Open) => {
    open = [...open, entry];
  };
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index] as string;
    const rest = text.slice(index);
    const innermost = open.at(-1);
    const place = placeOf({ open, before });
    const previous = index > 0 ? (text[index - 1] as string) : (before.at(-1) ?? '\n');
    if (innermost?.in === 'here-document') {
      if (rest.startsWith(`\n${innermost.end}\n`)) open = open.slice(0, -1);
    } else if (place === 'comment') {
      if (character === '\n') open = open.slice(0, -1);
    } else if (place === 'single quotes') {
      if (character === "'") open = open.slice(0, -1);
    } else if (character === '\\') {
      index += 1;
    } else if (character === '`') {
      throw new TemplateError('backticks are not allowed, $(...) nests');
    } else if (character === '"') {
      if (place === 'double quotes') open = open.slice(0, -1);
      else push({ in: 'double quotes' });
    } else if (rest.startsWith('$((')) {
      push({ in: 'arithmetic', parentheses: 1 });
      index += 2;
    } else if (rest.startsWith('$(')) {
      push({ in: 'substitution', parentheses: 0 });
      index += 1;
    } else if (place === 'text' || place === 'arithmetic') {
      const document = /^<<-?\s*(\w+)\n/.exec(rest)?.[1];
      if (document !== undefined && place === 'text') push({ in: 'here-document', end: document });
      else if (character === "'" && place === 'text') push({ in: 'single quotes' });
      else if (character === '#' && place === 'text' && /[\s;&|()]/.test(previous)) push({ in: 'comment' });
      else if (innermost && 'parentheses' in innermost) open = withParenthesis(open, innermost, character);
    }
  }
  return { open, before: lineBefore(before + text) };
}

/** The open ones behind a character inside a substitution or arithmetic, which its last parenthesis ends. */
function withParenthesis(
  open: readonly Open[],
  innermost: Extract<Open, { parentheses: number }>,
  character: string,
): readonly Open[] {
  const outer = open.slice(0, -1);
  const { parentheses } = innermost;
  if (character === '(') return [...outer, { ...innermost, parentheses: parentheses + 1 }];
  if (character !== ')') return open;
  return parentheses === 0 ? outer : [...outer, { ...innermost, parentheses: parentheses - 1 }];
}
