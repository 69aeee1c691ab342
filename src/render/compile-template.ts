/**
 * Templates are checked before they are compiled: a value can only be printed through a quoting helper of the
 * language it goes into; a template with a bare {{value}} is refused.
 */
import Handlebars from 'handlebars/dist/handlebars.js';
import { blockHelpers, quotingHelpers, registerQuoting, TemplateError } from './quoting-helpers.ts';
import { checkContexts } from './template-context.ts';

export type Template = (data: object) => string;

/**
 * Refuses every expression of a template but quoting helpers, each where it quotes for, #if, #unless and #each.
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
  const program = Handlebars.parse(source);
  new Check().accept(program);
  checkContexts(program, name);
}

const engine = Handlebars.create();
registerQuoting(engine);

const helpers = [...Object.keys(quotingHelpers), ...blockHelpers];
const compileOptions = {
  noEscape: true,
  strict: true,
  knownHelpersOnly: true,
  knownHelpers: Object.fromEntries(helpers.map((helper) => [helper, true])),
};

/** Compiles the text of a template after checkTemplate(). */
export function compileTemplate(source: string, name: string): Template {
  checkTemplate(source, name);
  return engine.compile(source, compileOptions);
}

/** The same as text of a JavaScript object, for Handlebars' runtime: build.js puts it into dist. */
export function precompileTemplate(source: string, name: string): string {
  checkTemplate(source, name);
  return String(engine.precompile(source, compileOptions));
}
