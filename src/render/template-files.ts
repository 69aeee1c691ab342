/** Where templates come from when the sources run: their files. packaging/bundle.js puts a module with all of them compiled in its place. */
import { readPackageFile } from '#package';
import { compileTemplate, type Template } from './compile-template.ts';

/** The template of that name, compiled. */
export function loadTemplate(name: string): Template {
  return compileTemplate(readPackageFile(`${name}.hbs`), `${name}.hbs`);
}
