/** Which branches of a template some data take. */
import { readFileSync } from 'node:fs';
import Handlebars from 'handlebars/dist/handlebars.js';

/** A branch is `LINE: condition true`, or false; an #each is true where its list has items. */
export interface Branches {
  readonly all: ReadonlySet<string>;
  /** Those that rendering with `data` takes. */
  taken(data: object): ReadonlySet<string>;
}

/** The branches of a template of the package, named by its path without .hbs. */
export function branchesOf(name: string): Branches {
  const program = Handlebars.parse(readFileSync(new URL(`../../${name}.hbs`, import.meta.url), 'utf8'));
  const all = new Set<string>();
  walk(program, undefined, (block) => {
    all.add(label(block, true));
    if (block.path.original !== 'each') all.add(label(block, false));
  });
  return {
    all,
    taken(data) {
      const taken = new Set<string>();
      walk(program, data, (block, held) => taken.add(label(block, held)));
      return taken;
    },
  };
}

type Block = hbs.AST.BlockStatement & { readonly path: hbs.AST.PathExpression };

function label({ loc, params }: Block, held: boolean): string {
  return `${loc.start.line}:${loc.start.column} ${(params[0] as hbs.AST.PathExpression).original} ${held}`;
}

/** Visits each block that is reached with `data`; all of them where there are none. */
function walk(
  program: hbs.AST.Program | undefined,
  data: unknown,
  visit: (block: Block, held: boolean) => void,
): void {
  for (const node of program?.body ?? []) {
    if (node.type !== 'BlockStatement') continue;
    const block = node as Block;
    const { parts } = block.params[0] as hbs.AST.PathExpression;
    const value = parts.reduce<unknown>(
      (at, part) => (at as Record<string, unknown> | undefined)?.[part],
      data,
    );
    const isEach = block.path.original === 'each';
    const items = isEach && data !== undefined ? (value as readonly unknown[]) : [data];
    const truth = isEach ? items.length > 0 : Boolean(value) && (!Array.isArray(value) || value.length > 0);
    visit(block, truth);
    const first = block.path.original === 'unless' ? !truth : truth;
    if (data === undefined || first) for (const item of items) walk(block.program, item, visit);
    if (data === undefined || !first) walk(block.inverse, data, visit);
  }
}
