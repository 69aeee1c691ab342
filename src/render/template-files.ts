/** Where templates come from when the sources run: their files. build.js puts a module with all of them compiled in its place. */
import { readFileSync } from 'node:fs';
import { packageRoot } from '../package-root.ts';
import { compileTemplate, type Template } from './compile-template.ts';

const root = packageRoot();

/** The template of that name, compiled. */
export function loadTemplate(name: string): Template {
  return compileTemplate(readFileSync(new URL(`${name}.hbs`, root), 'utf8'), `${name}.hbs`);
}
