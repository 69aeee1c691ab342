/** The templates of the package, each loaded once. */
import { loadTemplate } from '#templates';

const loaded = new Map<string, (data: object) => string>();

/** Renders a template of the package, named by its path below the package's root, without `.hbs`. */
export function renderTemplate(name: string, data: object): string {
  const template = loaded.get(name) ?? loadTemplate(name);
  loaded.set(name, template);
  return template(data);
}
