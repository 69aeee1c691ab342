/**
 * The templates: read once, checked when they are compiled. A value can only be printed through a quoting
 * helper of the language it goes into; a template with a bare {{value}} is refused.
 */
import { readFileSync } from 'node:fs';
import Handlebars from 'handlebars/dist/handlebars.js';
import { packageRoot } from '../package-root.ts';
import {
  checkIdentifier,
  checkUnitName,
  quoteComment,
  quoteShell,
  quoteUnit,
  quoteUnitWord,
} from './quote.ts';

/** A template that would print a value unquoted, or uses what is not allowed. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

const quotingHelpers: Readonly<Record<string, (value: unknown) => string>> = {
  sh: (value) => quoteShell(asText(value)),
  words: (values) => asList(values).map(quoteShell).join(' '),
  /** Tags such as LABEL as alternatives of a `case`: LABEL=* | UUID=* */
  tagPatterns: (tags) =>
    asList(tags)
      .map((tag) => `${checkIdentifier(tag)}=*`)
      .join(' | '),
  comment: (value) => quoteComment(Array.isArray(value) ? value.join(', ') : asText(value)),
  identifier: (value) => checkIdentifier(asText(value)),
  unit: (value) => quoteUnit(asText(value)),
  unitWord: (value) => quoteUnitWord(asText(value)),
  unitNames: (values) => asList(values).map(checkUnitName).join(' '),
};

const blockHelpers = ['if', 'unless', 'each'];

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

const engine = Handlebars.create();
for (const [name, quote] of Object.entries(quotingHelpers)) {
  engine.registerHelper(name, (value: unknown) => new Handlebars.SafeString(quote(value)));
}

/**
 * Refuses every expression of a template but quoting helpers, #if, #unless and #each.
 * Throws TemplateError with the template's name and the line.
 */
export function checkTemplate(source: string, name: string): void {
  const refuse = (line: number, what: string): never => {
    throw new TemplateError(`${name}:${line}: ${what}`);
  };
  class Check extends Handlebars.Visitor {
    override MustacheStatement(node: hbs.AST.MustacheStatement): void {
      const helper = (node.path as hbs.AST.PathExpression).original;
      if (!(helper in quotingHelpers) || node.params.length !== 1) {
        refuse(node.loc.start.line, `{{${helper}}} does not go through a quoting helper`);
      }
    }
    override BlockStatement(node: hbs.AST.BlockStatement): void {
      if (!blockHelpers.includes(node.path.original as string)) {
        refuse(node.loc.start.line, `{{#${node.path.original}}} is not allowed`);
      }
      super.BlockStatement(node);
    }
    override PartialStatement(node: hbs.AST.PartialStatement): void {
      refuse(node.loc.start.line, 'partials are not allowed');
    }
    override PartialBlockStatement(node: hbs.AST.PartialBlockStatement): void {
      refuse(node.loc.start.line, 'partials are not allowed');
    }
    override DecoratorBlock(node: hbs.AST.DecoratorBlock): void {
      refuse(node.loc.start.line, 'decorators are not allowed');
    }
    override Decorator(node: hbs.AST.Decorator): void {
      refuse(node.loc.start.line, 'decorators are not allowed');
    }
  }
  new Check().accept(Handlebars.parse(source));
}

type Template = (data: object) => string;
const compiled = new Map<string, Template>();

/** Compiles the text of a template after checkTemplate(). */
export function compileTemplate(source: string, name: string): Template {
  checkTemplate(source, name);
  const helpers = [...Object.keys(quotingHelpers), ...blockHelpers];
  return engine.compile(source, {
    noEscape: true,
    strict: true,
    knownHelpersOnly: true,
    knownHelpers: Object.fromEntries(helpers.map((helper) => [helper, true])),
  });
}

const root = packageRoot();

/** Renders a template of the package, named by its path below the package's root, without `.hbs`. */
export function renderTemplate(name: string, data: object): string {
  let template = compiled.get(name);
  if (!template) {
    template = compileTemplate(readFileSync(new URL(`${name}.hbs`, root), 'utf8'), `${name}.hbs`);
    compiled.set(name, template);
  }
  return template(data);
}
