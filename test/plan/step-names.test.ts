/** Nobody but a step's own file and the list spells its name, or that of a unit that is named after it. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { BootPlan, Step } from '../../src/plan/boot-plan.ts';
import { nothing } from '../../src/plan/needs.ts';
import { steps } from '../../src/plan/steps.ts';
import { renderMinimal } from '../../src/render/minimal.ts';
import { unitsOfPlan } from '../../src/render/step-units.ts';
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

/** A failed boot as an example, in the head of docs/reasons.md; reasons. */
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

const config = configure('Initrd.Init=systemd');
const boot = plan('Initrd.Init=systemd');

/** The units of a plan by name, and those that each comes after, requires or is bound to. */
function orderOf(changed: BootPlan): ReadonlyMap<string, readonly string[]> {
  const wanted = /^(?:After|Requires|BindsTo)=(.*)$/gm;
  return new Map(
    [...renderMinimal(config, changed)].flatMap(([path, file]) => {
      const name = /\/system\/(.*)$/.exec(path)?.[1];
      if (name === undefined || !('text' in file)) return [];
      return [[name, [...file.text.matchAll(wanted)].flatMap(([, units = '']) => units.split(' '))]];
    }),
  );
}

/** A step that says as little as it can, with the name of one whose template needs nothing. */
const made = { ...(boot.steps[1] as Step), uses: [], provides: [], needs: nothing };

test.each(boot.steps.slice(2).map((step) => [step.name, step] as const))(
  'a step that is put before %s has a unit that is there, and that later ones wait for',
  (_, before) => {
    const others = boot.steps.filter(({ name }) => name !== made.name);
    const place = others.indexOf(before);
    const order = orderOf({ ...boot, steps: [...others.slice(0, place), made, ...others.slice(place)] });
    const wanted = [...order.values()].flat().filter((unit) => /^bootrelay-|\.mount$/.test(unit));
    expect(wanted.filter((unit) => !order.has(unit))).toEqual([]);
    expect(wanted.length).toBeGreaterThan(5);
  },
);

test('each unit of steps comes after the one before it, also where it uses nothing of it', () => {
  const bare = { ...boot, steps: boot.steps.map((step) => ({ ...step, uses: [], provides: [] })) };
  const units = unitsOfPlan(bare).map(({ unit }) => unit);
  const order = orderOf(bare);
  const before = units.map((unit) => units.filter((other) => order.get(unit)?.includes(other)));
  expect(before).toEqual(units.map((_, index) => units.slice(Math.max(index - 1, 0), index)));
});
