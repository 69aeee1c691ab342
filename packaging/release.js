/**
 * `npm run release`: everything that a release is made of, in out/release or --output=DIRECTORY. It publishes nothing. The same commit gives the same
 * bytes, but for the executable, which has the Node in it that runs this.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bundleFile, importSource, root } from './bundle.js';
import { makeDebianPackage } from './debian.js';
import { dependenciesIn, licenseTexts } from './dependencies.js';
import { makeExecutable } from './executable.js';

const { values } = parseArgs({ options: { output: { type: 'string' }, only: { type: 'string' } } });
const output = resolve(values.output ?? join(root, 'out/release'));
const { version, description, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
/** What is made with `--only`: the others take longer. */
const only = values.only?.split(',');
const wanted = (part) => only === undefined || only.includes(part);

// What is replaced is a release, and nothing else.
if (existsSync(output) && readdirSync(output).length > 0 && !existsSync(join(output, 'SHA256SUMS')))
  throw new Error(`${output} has other things in it than a release`);
rmSync(output, { recursive: true, force: true });
mkdirSync(output, { recursive: true });

const program = join(output, 'bootrelay.mjs');
const contents = await bundleFile(program);
chmodSync(program, 0o755);
const dependencies = dependenciesIn(contents);
writeFileSync(join(output, 'bootrelay.licenses.txt'), licenseTexts(dependencies));
await writeOwnBill();

if (wanted('npm')) makeNpmPackage();
if (wanted('deb')) makeDebianPackage({ output, program, version, description });
if (wanted('executable')) await makeExecutable({ output });
writeChecksums();
process.stdout.write(readFileSync(join(output, 'SHA256SUMS'), 'utf8'));

/** The npm package: the same file, which needs no other package. */
function makeNpmPackage() {
  const directory = join(output, 'package');
  mkdirSync(directory);
  cpSync(program, join(directory, 'bootrelay.mjs'));
  for (const name of ['LICENSE', 'README.md', 'CHANGELOG.md', 'docs', 'platforms', 'examples'])
    cpSync(join(root, name), join(directory, name), { recursive: true });
  cpSync(join(output, 'bootrelay.licenses.txt'), join(directory, 'bootrelay.licenses.txt'));
  writeFileSync(join(directory, 'bootrelay.1'), execFileSync(process.execPath, [program, 'man']));
  const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const { name, type, engines } = own;
  const manifest = {
    name,
    version,
    description,
    license,
    type,
    engines,
    bin: { bootrelay: 'bootrelay.mjs' },
    man: 'bootrelay.1',
  };
  writeFileSync(join(directory, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', output], {
    cwd: directory,
    stdio: 'ignore',
  });
  rmSync(directory, { recursive: true });
}

/** What bootrelay.mjs is made of: the packages in it, each at the version of the lock file. */
async function writeOwnBill() {
  const { formatBill } = await importSource('src/bom/formats.ts');
  const content = readFileSync(program);
  const hash = (algorithm) => createHash(algorithm).update(content).digest('hex');
  const packages = [
    { type: 'generic', name: 'bootrelay', version, license },
    ...dependencies.map(({ name, version: of, license: its }) => ({
      type: 'npm',
      name,
      version: of,
      license: its,
    })),
  ];
  const file = {
    path: '/bootrelay.mjs',
    size: content.length,
    sha256: hash('sha256'),
    sha1: hash('sha1'),
    packages,
  };
  const bill = {
    name: 'bootrelay.mjs',
    version,
    sha256: file.sha256,
    tool: { type: 'generic', name: 'bootrelay', version },
    distribution: {},
    files: [file],
  };
  for (const [ending, text] of formatBill(bill)) writeFileSync(`${program}${ending}`, text);
}

/** As sha256sum(1) checks them. */
function writeChecksums() {
  const lines = readdirSync(output)
    .sort()
    .map(
      (name) =>
        `${createHash('sha256')
          .update(readFileSync(join(output, name)))
          .digest('hex')}  ${name}\n`,
    );
  writeFileSync(join(output, 'SHA256SUMS'), lines.join(''));
}
