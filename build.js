/**
 * `npm run build`: src/ becomes dist/, bundled, with all templates checked and compiled: a run neither looks for sixty
 * modules nor reads and parses a template.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = new URL('.', import.meta.url).pathname.replace(/\/$/, '');

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  logLevel: 'warning',
};

/** precompileTemplate() of the sources, as JavaScript that this script can call. */
async function importCompiler() {
  const file = join(tmpdir(), `bootrelay-build-${process.pid}.mjs`);
  await build({ ...common, entryPoints: ['src/render/compile-template.ts'], outfile: file });
  try {
    return await import(pathToFileURL(file));
  } finally {
    rmSync(file);
  }
}

function listTemplates() {
  return ['templates', 'units'].flatMap((directory) =>
    readdirSync(join(root, directory), { recursive: true, withFileTypes: true })
      .filter(({ name }) => name.endsWith('.hbs'))
      .map(({ parentPath, name }) => join(parentPath, name).slice(root.length + 1))
      .sort(),
  );
}

/** The module that takes the place of src/render/template-files.ts. */
async function compiledTemplates() {
  const { precompileTemplate } = await importCompiler();
  const templates = listTemplates().map((path) => {
    const source = readFileSync(join(root, path), 'utf8');
    return `${JSON.stringify(path.replace(/\.hbs$/, ''))}: ${precompileTemplate(source, path)},`;
  });
  return [
    "import Handlebars from 'handlebars/dist/handlebars.runtime.js';",
    "import { registerQuoting } from './src/render/quoting-helpers.ts';",
    'const engine = Handlebars.create();',
    'registerQuoting(engine);',
    `const templates = {${templates.join('\n')}};`,
    'export const loadTemplate = (name) => engine.template(templates[name]);',
  ].join('\n');
}

const templatesPlugin = {
  name: 'templates',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^#templates$/ }, ({ path }) => ({ path, namespace: 'templates' }));
    onLoad({ filter: /.*/, namespace: 'templates' }, async () => ({
      contents: await compiledTemplates(),
      resolveDir: root,
    }));
  },
};

const [fresh, dist] = ['dist.new', 'dist'].map((name) => join(root, name));
rmSync(fresh, { recursive: true, force: true });
await build({
  ...common,
  entryPoints: ['src/cli.ts'],
  splitting: true,
  outdir: fresh,
  external: ['execa', '@viz-js/viz'],
  plugins: [templatesPlugin],
  banner: {
    js: "import { createRequire as requireFor } from 'node:module'; const require = requireFor(import.meta.url);",
  },
});
chmodSync(join(fresh, 'cli.js'), 0o755);
rmSync(dist, { recursive: true, force: true });
renameSync(fresh, dist);
// The man page is made by what it describes.
writeFileSync(join(dist, 'bootrelay.1'), execFileSync(process.execPath, [join(dist, 'cli.js'), 'man']));
