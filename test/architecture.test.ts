/** The order of the rooms in docs/architecture.md, held against the imports that the compiler sees, those of types too. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';

const root = new URL('../', import.meta.url).pathname;

/** The rooms from the ground up, each with its files and directories: the first cells of the table. */
function readRooms(): readonly (readonly string[])[] {
  const rows = readFileSync(join(root, 'docs/architecture.md'), 'utf8').matchAll(/^\| (`src\/[^|]*)\|/gm);
  return [...rows].map(([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path));
}

/** The place in the list of the room that a file is in; -1 for none. */
function roomOf(file: string, rooms: readonly (readonly string[])[]): number {
  return rooms.findIndex((paths) => paths.some((path) => file === path || file.startsWith(`${path}/`)));
}

type Imports = ReadonlyMap<string, readonly string[]>;

/** Each file of src, and what it imports: a static or dynamic import, of values or types. */
function readImports(): Imports {
  const tsc = join(root, 'node_modules/.bin/tsc');
  const { status, stdout } = spawnSync(tsc, ['--explainFiles'], { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(stdout);
  const imports = new Map<string, string[]>();
  for (const block of stdout.split(/^(?=\S)/m)) {
    const [target = ''] = block.split('\n', 1);
    if (!target.startsWith('src/')) continue;
    imports.set(target, imports.get(target) ?? []);
    for (const [, from = ''] of block.matchAll(/^ +Imported via .* from file '(src\/[^']+)'/gm))
      imports.set(from, [...(imports.get(from) ?? []), target]);
  }
  return imports;
}

/** Files that import each other, directly or not, in the order of their imports; undefined where there are none. */
function findCircle(imports: Imports): readonly string[] | undefined {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const next of imports.get(file) ?? []) {
      const circle = visit(next, [...path, file]);
      if (circle) return circle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of imports.keys()) {
    const circle = visit(file, []);
    if (circle) return circle;
  }
  return undefined;
}

const rooms = readRooms();
let imports: Imports = new Map();
beforeAll(() => {
  imports = readImports();
}, 120_000);

test('the list names what there is, and every file has a room', () => {
  for (const path of rooms.flat()) expect(existsSync(join(root, path))).toBe(true);
  const files = readdirSync(join(root, 'src'), { recursive: true }).map((name) => `src/${name}`);
  const sources = files.filter((name) => name.endsWith('.ts'));
  expect(sources.filter((file) => roomOf(file, rooms) < 0)).toEqual([]);
  expect([...imports.keys()].sort()).toEqual(sources.sort());
});

test('a room uses itself and those above it', () => {
  const wrong = [...imports].flatMap(([file, targets]) =>
    targets
      .filter((target) => roomOf(target, rooms) > roomOf(file, rooms))
      .map((target) => `${file} -> ${target}`),
  );
  expect(wrong).toEqual([]);
  expect([...imports.values()].flat().length).toBeGreaterThan(500);
});

test('no files use each other', () => {
  expect(findCircle(imports)).toBeUndefined();
  expect(findCircle(new Map([...imports, ['src/text/quote.ts', ['src/cli.ts']]]))).toContain('src/cli.ts');
});

test('only src/tools starts programs', () => {
  const starts = [...imports.keys()].filter((file) =>
    /from '(?:node:)?(?:child_process|execa)'/.test(readFileSync(join(root, file), 'utf8')),
  );
  expect(starts.sort()).toEqual(['src/tools/run-sync.ts', 'src/tools/run.ts', 'src/tools/start.ts']);
});

test('src/commands holds one file a verb', () => {
  const verbs = readdirSync(join(root, 'src/commands')).map((name) => name.replace(/\.ts$/, ''));
  const table = readFileSync(join(root, 'src/command-line.ts'), 'utf8');
  const names = [...table.matchAll(/^ {4}name: '([\w-]+)',$/gm)].map(([, name]) => name);
  expect(verbs.sort()).toEqual(names.sort());
});
