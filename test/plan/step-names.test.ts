/** Nobody but a step's own file and the list spells its name, or that of a unit that is named after it. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { type BootPlan, type Step, stepOf } from '../../src/plan/boot-plan.ts';
import { findUsrPartition } from '../../src/plan/steps/find-usr-partition.ts';
import { setUpVerity } from '../../src/plan/steps/set-up-verity.ts';
import { steps } from '../../src/plan/steps.ts';
import { renderMinimal } from '../../src/render/minimal.ts';
import { configure, plan } from '../config/platform-files.ts';

const root = new URL('../../', import.meta.url).pathname;

/** Files that know steps, and are no tests: a fault names the step that it stops, by its type. */
const files = ['src', 'templates', 'units']
  .flatMap((directory) =>
    readdirSync(`${root}${directory}`, { recursive: true, encoding: 'utf8' }).map(
      (name) => `${directory}/${name}`,
    ),
  )
  .filter((name) => /\.(ts|hbs)$/.test(name) && !/^src\/(plan\/steps|boot\/faults)\//.test(name));

/** What has the name of a step by chance: a verb of systemctl, a unit of systemd, a module of ours that is imported. */
const others =
  /systemctl[^\n]*\bswitch-root\b|systemctl\(1\), switch-root|initrd-switch-root|'[./a-z-]*\/[a-z-]+\.ts'/g;

/** A failed boot as an example, in the head of docs/failures.md; reasons. */
const examples = /^ {4}bootrelay: .*$|'[a-z-]+-failed'/gm;

const names = steps.map(({ name }) => name);

test.each(files)('%s spells no step', (file) => {
  const text = readFileSync(`${root}${file}`, 'utf8').replace(others, '').replace(examples, '');
  expect(names.filter((name) => new RegExp(`(?<![\\w-])(bootrelay-)?${name}(?![\\w-])`).test(text))).toEqual(
    [],
  );
});

test('a step has a template of its name, and a template a step', () => {
  const templates = readdirSync(`${root}templates/steps`).map((name) => name.replace(/\.hbs$/, ''));
  expect(templates.sort()).toEqual([...names].sort());
});

/** Units that something comes after, requires or is bound to. */
const wanted = (text: string) =>
  [...text.matchAll(/^(?:After|Requires|BindsTo)=(.*)$/gm)].flatMap(([, units = '']) => units.split(' '));

const config = configure('Initrd.Init=systemd');

/** The units of the steps that are wanted, and those that are there. */
function unitsOf(boot: BootPlan) {
  const tree = renderMinimal(config, boot);
  const texts = [...tree].flatMap(([path, file]) =>
    'text' in file && path.includes('/system/') ? [[path, file.text] as const] : [],
  );
  return {
    wanted: texts.flatMap(([, text]) => wanted(text)).filter((unit) => /^bootrelay-|\.mount$/.test(unit)),
    there: texts.map(([path]) => path.split('/').at(-1) ?? ''),
    required: texts.flatMap(([path, text]) => [[path.split('/').at(-1), wanted(text)] as const]),
  };
}

const boot = plan('Initrd.Init=systemd');

/** A made-up step, which says as little as it can, with the text of another one. */
const made = { ...(stepOf(boot, findUsrPartition) as Step), uses: [], provides: [], reads: [], writes: [] };

test.each(boot.steps.slice(1).map(({ name }, index) => [name, index + 1] as const))(
  'a step that is put before %s has a unit that is there, and that later ones wait for',
  (_, index) => {
    const name = 'load-modules' as const; // whose template reads nothing
    const step: Step = { ...made, name, view: { coldplug: false } };
    const steps = boot.steps.filter((other) => other.name !== name);
    const place = steps.indexOf(boot.steps[index] as Step);
    if (place < 0) return;
    const changed = { ...boot, steps: [...steps.slice(0, place), step, ...steps.slice(place)] };
    const units = unitsOf(changed);
    expect(units.wanted.filter((unit) => !units.there.includes(unit))).toEqual([]);
    expect(units.wanted.length).toBeGreaterThan(5);
  },
);

test('each unit of steps comes after the one before it, also where it uses nothing of it', () => {
  const bare = { ...boot, steps: boot.steps.map((step) => ({ ...step, uses: [], provides: [] })) };
  const units = unitsOf(bare).required.filter(([name = '']) =>
    /^bootrelay-(find|set|switch)|sysusr/.test(name),
  );
  const ordered = units.map(([name, after]) => [
    name,
    after.filter((unit) => units.some(([other]) => other === unit)),
  ]);
  expect(ordered.map(([, after]) => (after as string[]).length > 0)).toEqual([false, true, true, true]);
  expect(stepOf(bare, setUpVerity)).toBeDefined();
});
