/**
 * src/ -> JavaScript that needs nothing beside it: every dependency is in it, all templates are checked and compiled, and
 * so are the package's own files. A run neither looks for sixty modules nor reads and parses a template.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** The repository. */
export const root = new URL('..', import.meta.url).pathname.replace(/\/$/, '');

const common = { absWorkingDir: root, bundle: true, platform: 'node', target: 'node20', logLevel: 'warning' };

/** A module of the sources, bundled, as this script can call it. */
export async function importSource(entry) {
  const directory = mkdtempSync(join(tmpdir(), 'bootrelay-bundle-'));
  const file = join(directory, 'source.mjs');
  await build({
    ...common,
    format: 'esm',
    entryPoints: [entry],
    outfile: file,
    plugins: [packagePlugin],
    ...asModule,
  });
  try {
    return await import(pathToFileURL(file));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Files below directories of the repository, by their path in it, sorted. */
function listFiles(directories, ending) {
  return directories.flatMap((directory) =>
    readdirSync(join(root, directory), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
      .map(({ parentPath, name }) => join(parentPath, name).slice(root.length + 1))
      .sort(),
  );
}

/** The module that takes the place of src/render/template-files.ts. */
async function compiledTemplates() {
  const { precompileTemplate } = await importSource('src/render/compile-template.ts');
  const templates = listFiles(['templates', 'units'], '.hbs').map((path) => {
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

/** The module that takes the place of src/package-files.ts: package.json has only its version there. */
function packageFiles() {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const texts = listFiles(['platforms', 'programs', 'templates/report'], '').map((path) => [
    path,
    readFileSync(join(root, path), 'utf8'),
  ]);
  const files = Object.fromEntries([['package.json', JSON.stringify({ version })], ...texts]);
  return [
    `const files = ${JSON.stringify(files)};`,
    'export const readPackageFile = (path) => files[path];',
    'export const listPackageFiles = (directory) => Object.keys(files)',
    '  .filter((path) => path.startsWith(directory + "/"))',
    '  .map((path) => path.slice(directory.length + 1).split("/")[0])',
    '  .filter((name, index, names) => names.indexOf(name) === index)',
    '  .sort();',
  ].join('\n');
}

/** A plugin that makes the module which `imports` of package.json call `name`. */
function generated(name, make) {
  return {
    name,
    setup({ onResolve, onLoad }) {
      onResolve({ filter: new RegExp(`^#${name}$`) }, ({ path }) => ({ path, namespace: name }));
      onLoad({ filter: /.*/, namespace: name }, async () => ({ contents: await make(), resolveDir: root }));
    },
  };
}

const packagePlugin = generated('package', packageFiles);
const plugins = [packagePlugin, generated('templates', compiledTemplates)];

/** CommonJS packages among the dependencies call require() of Node's own modules. */
const asModule = {
  banner: {
    js: "import { createRequire as requireFor } from 'node:module'; const require = requireFor(import.meta.url);",
  },
};

/** A script that is no module: some dependencies ask where they are. */
const asScript = {
  define: { 'import.meta.url': 'placeOfThisFile' },
  banner: { js: "const placeOfThisFile = require('node:url').pathToFileURL(__filename).href;" },
};

/** bootrelay as modules in the directory `outdir`, of which a run reads those that it needs. */
export function bundleDirectory(outdir) {
  return build({
    ...common,
    ...asModule,
    format: 'esm',
    entryPoints: ['src/cli.ts'],
    splitting: true,
    outdir,
    plugins,
  });
}

/** bootrelay as one file: a module, or with `script` a CommonJS script. Gives what is in it (esbuild's metafile). */
export async function bundleFile(outfile, { script = false } = {}) {
  const form = script ? { ...asScript, format: 'cjs' } : { ...asModule, format: 'esm' };
  const { metafile } = await build({
    ...common,
    ...form,
    entryPoints: ['src/cli.ts'],
    outfile,
    plugins,
    metafile: true,
    legalComments: 'none',
  });
  return metafile;
}
